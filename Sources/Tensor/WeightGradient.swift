import CKernels

/// One weight gradient dW[outputs][inputs] += dyᵀ · x, a sum over rows.
///
/// Every element is one sum over the rows, in order, that goes on from what is there. So gradients have the same bits with any
/// number of threads and on any processor, which no BLAS promises; in fp32 also with any cut into micro-batches. (In bf16 rows are
/// summed in blocks of 32, so it matters where a micro-batch begins.)
package struct WeightGradient {
    /// dy [rows][outputs], with its row stride.
    package var outputGradient: UnsafePointer<Float>
    package var outputStride: Int
    /// x [rows][inputs], with its row stride.
    package var input: UnsafePointer<Float>
    package var inputStride: Int
    package var rows: Int
    package var outputs: Int
    package var inputs: Int
    /// dW [outputs][inputs], contiguous; added to.
    package var destination: UnsafeMutablePointer<Float>
    /// What the product is computed in: fp32 or bf16.
    package var arithmetic: ProductArithmetic

    package init(
        outputGradient: UnsafePointer<Float>, outputStride: Int, input: UnsafePointer<Float>, inputStride: Int,
        rows: Int, outputs: Int, inputs: Int, destination: UnsafeMutablePointer<Float>,
        arithmetic: ProductArithmetic = .fp32
    ) {
        self.outputGradient = outputGradient
        self.outputStride = outputStride
        self.input = input
        self.inputStride = inputStride
        self.rows = rows
        self.outputs = outputs
        self.inputs = inputs
        self.destination = destination
        self.arithmetic = arithmetic
    }

    /// Output rows per task; it decides nothing but the load's balance, and how often the input is rounded.
    private var outputsPerSlice: Int { arithmetic == .bf16 ? 512 : 192 }

    /// Adds all `gradients`; their destinations must not overlap.
    package static func add(_ gradients: [WeightGradient], team: ThreadTeam) {
        var slices: [(gradient: Int, first: Int)] = []
        for (index, gradient) in gradients.enumerated() where gradient.rows > 0 {
            for first in stride(from: 0, to: gradient.outputs, by: gradient.outputsPerSlice) {
                slices.append((index, first))
            }
        }
        team.run(tasks: slices.count) { task in
            let (index, first) = slices[task]
            let gradient = gradients[index]
            gradient.addSlice(first..<min(first + gradient.outputsPerSlice, gradient.outputs))
        }
    }

    private func addSlice(_ slice: Range<Int>) {
        let isRounded = arithmetic == .bf16
        let scratchFloats = isRounded ? apus_gemm_gradient_bf16_scratch(inputs) : apus_gemm_gradient_scratch()
        let add = isRounded ? apus_gemm_gradient_bf16 : apus_gemm_gradient
        ScratchPool.with(count: scratchFloats, of: Float.self) { scratch in
            add(
                rows, outputs, inputs, outputGradient, outputStride, input, inputStride, destination, inputs,
                slice.lowerBound, slice.upperBound, scratch)
        }
    }
}
