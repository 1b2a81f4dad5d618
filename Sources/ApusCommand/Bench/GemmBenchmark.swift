import CKernels
import COpenBLAS
import Glibc
import Model
import Tensor

/// Times the matrix products of rollout and learner over shapes and arithmetics, and OpenBLAS on the same shapes as the yardstick.
struct GemmBenchmark {
    let rows: [Int]
    let sizes: [Int]
    let repetitions: Int

    /// Processor time of one measurement, in seconds: long against the clock's resolution, short against a turn of the
    /// scheduler.
    private static let measuredSeconds = 0.004

    /// What multiplies.
    enum Kernel: String, CaseIterable {
        case fp32 = "packed fp32 weights"
        case bf16 = "packed bf16 weights"
        case fp32Gradient = "weight gradient"
        case bf16Products = "bf16 arithmetic"
        case bf16Blocks = "bf16 arithmetic, block by block"
        case bf16Gradient = "weight gradient, bf16 arithmetic"
        case openBLAS = "OpenBLAS, fp32 weights"

        var arithmetic: ProductArithmetic {
            switch self {
            case .fp32, .bf16, .fp32Gradient, .openBLAS: .fp32
            case .bf16Products, .bf16Blocks, .bf16Gradient: .bf16
            }
        }
    }

    struct Shape: Hashable {
        let kernel: Kernel
        let rows: Int
        let outputs: Int
        let inputs: Int

        var operations: Double { 2 * Double(rows) * Double(outputs) * Double(inputs) }
    }

    func run() -> GemmResult {
        var measured = GemmResult()
        openblas_set_num_threads(1)
        let kernels = Kernel.allCases
        let progress = Progress(
            "gemm", total: repetitions * kernels.count * sizes.count * sizes.count, unit: "matrices")
        for repetition in 0..<repetitions {
            for (index, kernel) in kernels.enumerated() {
                for (position, outputs) in sizes.enumerated() {
                    for inputs in sizes { measure(kernel, outputs, inputs, into: &measured) }
                    progress.update(
                        (repetition * kernels.count + index) * sizes.count * sizes.count
                            + (position + 1) * sizes.count)
                }
            }
        }
        progress.clear()
        return measured
    }

    /// Adds one measurement of each row count with one matrix, and of the peak just before it: a processor's speed is not the
    /// same at all times.
    private func measure(_ kernel: Kernel, _ outputs: Int, _ inputs: Int, into measured: inout GemmResult) {
        let product = Self.product(kernel, mostRows: rows.max() ?? 1, outputs, inputs)
        for rows in rows {
            let shape = Shape(kernel: kernel, rows: rows, outputs: outputs, inputs: inputs)
            let peak = Self.peak(kernel.arithmetic)
            measured.add(shape, speed: shape.operations / Self.secondsPerCall { product(rows) }, peak: peak)
        }
    }

    /// Operations per second of one core at best.
    private static func peak(_ arithmetic: ProductArithmetic) -> Double {
        let iterations = 1 << 12
        var operations = 0.0
        let seconds = secondsPerCall {
            operations = arithmetic == .bf16 ? apus_bf16_peak_probe(iterations) : apus_fma_peak_probe(iterations)
        }
        return operations / seconds
    }

    /// What multiplies so many rows by a matrix, or adds to its gradient, with operands that it keeps.
    private static func product(
        _ kernel: Kernel, mostRows: Int, _ outputs: Int, _ inputs: Int
    ) -> (_ rows: Int) -> Void {
        let weights = FloatBuffer((0..<outputs * inputs).map { Float($0 % 13) * 0.0625 - 0.375 })
        let x = FloatBuffer((0..<mostRows * inputs).map { Float($0 % 17) * 0.125 - 1 })
        let y = FloatBuffer((0..<mostRows * outputs).map { Float($0 % 11) * 0.25 - 1 })
        let team = ThreadTeam(threads: 1)
        switch kernel {
        case .openBLAS:
            return { rows in
                cblas_sgemm(
                    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1,
                    x.pointer, Int32(inputs), weights.pointer, Int32(inputs), 0, y.pointer, Int32(outputs))
            }
        case .fp32Gradient, .bf16Gradient:
            return { rows in
                let gradient = WeightGradient(
                    outputGradient: y.pointer, outputStride: outputs, input: x.pointer, inputStride: inputs, rows: rows,
                    outputs: outputs, inputs: inputs, destination: weights.pointer, arithmetic: kernel.arithmetic)
                WeightGradient.add([gradient], team: team)
            }
        case .fp32, .bf16, .bf16Products, .bf16Blocks:
            let packed = pack(weights, as: kernel == .fp32 ? .float32 : .bfloat16, kernel.arithmetic, outputs, inputs)
            return { rows in
                if kernel == .bf16Blocks {
                    packed.multiplyInBlocks(rows: rows, .exact(x.pointer, stride: inputs), team: team) { _ in }
                } else {
                    packed.multiply(
                        rows: rows, x.pointer, stride: inputs, into: y.pointer, stride: outputs, team: team)
                }
            }
        }
    }

    private static func pack(
        _ weights: FloatBuffer, as type: WeightType, _ arithmetic: ProductArithmetic, _ outputs: Int, _ inputs: Int
    ) -> PackedMatrix {
        let stored = AlignedMemory(byteCount: weights.count * type.size)
        switch type {
        case .float32: stored.baseAddress.copyMemory(from: weights.pointer, byteCount: stored.byteCount)
        case .bfloat16:
            apus_f32_to_bf16(
                weights.count, weights.pointer,
                stored.baseAddress.bindMemory(to: UInt16.self, capacity: weights.count))
        }
        return PackedMatrix(
            weights: stored.baseAddress, type: type, outputs: outputs, inputs: inputs, arithmetic: arithmetic)
    }

    /// Calls as often as it takes; the first calls, which warm the caches, are not counted.
    private static func secondsPerCall(_ body: () -> Void) -> Double {
        body()
        var calls = 1
        while true {
            let start = processorSeconds()
            for _ in 0..<calls { body() }
            let seconds = processorSeconds() - start
            if seconds >= measuredSeconds { return seconds / Double(calls) }
            calls = max(2 * calls, Int(Double(calls) * 1.2 * measuredSeconds / max(seconds, 1e-7)))
        }
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        let status = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        precondition(status == 0, "the thread's clock cannot be read")
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
