import CKernels

/// One weight gradient dW[outputs][inputs] += dyᵀ · x, a sum over rows.
///
/// Every element is one chain of fused multiply-adds over the rows that goes on from what is there. So gradients have the same
/// bits with any number of threads, any cut into micro-batches and on any processor, which no BLAS promises.
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

    package init(
        outputGradient: UnsafePointer<Float>, outputStride: Int, input: UnsafePointer<Float>, inputStride: Int,
        rows: Int, outputs: Int, inputs: Int, destination: UnsafeMutablePointer<Float>
    ) {
        self.outputGradient = outputGradient
        self.outputStride = outputStride
        self.input = input
        self.inputStride = inputStride
        self.rows = rows
        self.outputs = outputs
        self.inputs = inputs
        self.destination = destination
    }

    /// Output rows per task; it decides nothing but the load's balance.
    private static let outputsPerSlice = 192

    /// Adds all `gradients`; their destinations must not overlap.
    package static func add(_ gradients: [WeightGradient], team: ThreadTeam) {
        var slices: [(gradient: Int, first: Int)] = []
        for (index, gradient) in gradients.enumerated() where gradient.rows > 0 {
            for first in stride(from: 0, to: gradient.outputs, by: outputsPerSlice) { slices.append((index, first)) }
        }
        team.run(tasks: slices.count) { task in
            let (index, first) = slices[task]
            gradients[index].addSlice(first..<min(first + outputsPerSlice, gradients[index].outputs))
        }
    }

    private func addSlice(_ slice: Range<Int>) {
        let scratchBytes = apus_gemm_gradient_scratch() * MemoryLayout<Float>.stride
        withUnsafeTemporaryAllocation(byteCount: scratchBytes, alignment: 64) { scratch in
            apus_gemm_gradient(
                rows, outputs, inputs, outputGradient, outputStride, input, inputStride, destination, inputs,
                slice.lowerBound, slice.upperBound, scratch.baseAddress?.assumingMemoryBound(to: Float.self))
        }
    }
}
