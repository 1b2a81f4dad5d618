import CKernels
import COpenBLAS
import Glibc
import JSON
import Model
import Tensor

/// Times the packed matrix product over shapes and weight formats, and OpenBLAS on the same shapes as the yardstick.
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
        case bf16Products = "bf16 arithmetic"
        case openBLAS = "OpenBLAS, fp32 weights"
    }

    struct Shape: Hashable {
        let kernel: Kernel
        let rows: Int
        let outputs: Int
        let inputs: Int

        var operations: Double { 2 * Double(rows) * Double(outputs) * Double(inputs) }
    }

    func run() -> GemmResult {
        var peaks: [Double] = []
        var speeds: [Shape: [Double]] = [:]
        openblas_set_num_threads(1)
        let kernels = Kernel.allCases
        let progress = Progress(
            "gemm", total: repetitions * kernels.count * sizes.count * sizes.count, unit: "matrices")
        for repetition in 0..<repetitions {
            peaks.append(Self.peak())
            for (index, kernel) in kernels.enumerated() {
                for (position, outputs) in sizes.enumerated() {
                    for inputs in sizes { measure(kernel, outputs, inputs, into: &speeds) }
                    progress.update(
                        (repetition * kernels.count + index) * sizes.count * sizes.count
                            + (position + 1) * sizes.count)
                }
            }
        }
        progress.clear()
        let shares = speeds.mapValues { Repetitions(zip($0, peaks).map { $0 / $1 }) }
        return GemmResult(peak: Repetitions(peaks), speeds: speeds.mapValues { Repetitions($0) }, shares: shares)
    }

    /// Operations per second of one core at best.
    private static func peak() -> Double {
        var iterations = 1 << 16
        while true {
            let start = processorSeconds()
            let operations = apus_fma_peak_probe(iterations)
            let seconds = processorSeconds() - start
            if seconds >= 5 * measuredSeconds { return operations / seconds }
            iterations *= 2
        }
    }

    /// Adds one measurement of each row count with one matrix.
    private func measure(_ kernel: Kernel, _ outputs: Int, _ inputs: Int, into speeds: inout [Shape: [Double]]) {
        let weights = FloatBuffer((0..<outputs * inputs).map { Float($0 % 13) * 0.0625 - 0.375 })
        let packed = Self.pack(weights, kernel, outputs, inputs)
        let most = rows.max() ?? 1
        let x = FloatBuffer((0..<most * inputs).map { Float($0 % 17) * 0.125 - 1 })
        let y = FloatBuffer(count: most * outputs)
        for rows in rows {
            let shape = Shape(kernel: kernel, rows: rows, outputs: outputs, inputs: inputs)
            let seconds = Self.secondsPerCall {
                if let packed {
                    packed.multiply(rows: rows, x.pointer, stride: inputs, into: y.pointer, stride: outputs)
                } else {
                    cblas_sgemm(
                        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1,
                        x.pointer, Int32(inputs), weights.pointer, Int32(inputs), 0, y.pointer, Int32(outputs))
                }
            }
            speeds[shape, default: []].append(shape.operations / seconds)
        }
    }

    /// Nil for OpenBLAS, which packs at every call.
    private static func pack(
        _ weights: FloatBuffer, _ kernel: Kernel, _ outputs: Int, _ inputs: Int
    ) -> PackedMatrix? {
        switch kernel {
        case .openBLAS: return nil
        case .fp32: return PackedMatrix(weights: weights.pointer, type: .float32, outputs: outputs, inputs: inputs)
        case .bf16, .bf16Products:
            let rounded = AlignedMemory(byteCount: weights.count * ParameterPrecision.bf16.size)
            apus_f32_to_bf16(
                weights.count, weights.pointer,
                rounded.baseAddress.bindMemory(to: UInt16.self, capacity: weights.count))
            return PackedMatrix(
                weights: rounded.baseAddress, type: .bfloat16, outputs: outputs, inputs: inputs,
                arithmetic: kernel == .bf16 ? .fp32 : .bf16)
        }
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

/// What came out, as a table and as JSON.
struct GemmResult {
    /// Operations per second.
    let peak: Repetitions
    let speeds: [GemmBenchmark.Shape: Repetitions]
    /// Share of the peak.
    let shares: [GemmBenchmark.Shape: Repetitions]

    func table(rows: [Int], sizes: [Int]) -> String {
        var text = "peak \(peak.text { NumberText.fixed($0 * 1e-9, 1) }) GFLOP/s per core (fp32 fused multiply-add)\n"
        for kernel in GemmBenchmark.Kernel.allCases {
            text += "\n\(kernel.rawValue): share of the peak in %, median ± half the range\n"
            var table = AlignedTable()
            table.add(["n × k"] + rows.map { "M = \($0)" })
            for outputs in sizes {
                for inputs in sizes {
                    let shapes = rows.map {
                        GemmBenchmark.Shape(kernel: kernel, rows: $0, outputs: outputs, inputs: inputs)
                    }
                    table.add(["\(outputs) × \(inputs)"] + shapes.map { shares[$0].map(Self.cell) ?? "–" })
                }
            }
            text += table.text + "M ≥ 8: \(summary(kernel))\n"
        }
        return text
    }

    private static func cell(_ share: Repetitions) -> String {
        let half = (share.maximum - share.minimum) * 50
        return "\(NumberText.fixed(share.median * 100, 0)) ± \(NumberText.fixed(half, 0))"
    }

    private func summary(_ kernel: GemmBenchmark.Kernel) -> String {
        let medians = shares.filter { $0.key.kernel == kernel && $0.key.rows >= 8 }.values.map(\.median)
        guard !medians.isEmpty else { return "not measured" }
        let all = Repetitions(medians)
        return "median over the shapes \(NumberText.percent(all.median)), least \(NumberText.percent(all.minimum))"
    }

    var json: JSONObject {
        var object = JSONObject()
        object.append("peak_flop_per_second", peak.json)
        let keys = shares.keys.sorted {
            ($0.kernel.rawValue, $0.outputs, $0.inputs, $0.rows)
                < ($1.kernel.rawValue, $1.outputs, $1.inputs, $1.rows)
        }
        object.append(
            "shapes",
            .array(
                keys.map { shape in
                    var entry = JSONObject()
                    entry.append("kernel", .string(shape.kernel.rawValue))
                    entry.append("m", .integer(shape.rows))
                    entry.append("n", .integer(shape.outputs))
                    entry.append("k", .integer(shape.inputs))
                    entry.append("flop_per_second", speeds[shape]?.json ?? .null)
                    entry.append("share_of_peak", shares[shape]?.json ?? .null)
                    return .object(entry)
                }))
        return object
    }
}
