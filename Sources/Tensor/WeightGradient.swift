import COpenBLAS

/// One weight gradient dW[outputs][inputs] += dyᵀ · x, a sum over rows. Role: the backward's only use of OpenBLAS.
///
/// A gradient is cut into slices of `outputsPerSlice` output rows, a number fixed by the code and never by the thread count;
/// each slice is one single-threaded sgemm. So gradients have the same bits with any number of threads.
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

    private static let outputsPerSlice = 192

    /// Adds all `gradients`; their destinations must not overlap.
    package static func add(_ gradients: [WeightGradient], team: ThreadTeam) {
        openblas_set_num_threads(1)
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
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, Int32(slice.count), Int32(inputs), Int32(rows), 1,
            outputGradient + slice.lowerBound, Int32(outputStride), input, Int32(inputStride), 1,
            destination + slice.lowerBound * inputs, Int32(inputs))
    }
}
