import JSON
import Tensor

/// What came out, as a table and as JSON.
struct GemmResult {
    typealias Shape = GemmBenchmark.Shape

    /// Operations per second.
    private var speeds: [Shape: [Double]] = [:]
    /// Share of the peak at that moment.
    private var shares: [Shape: [Double]] = [:]
    private var peaks: [ProductArithmetic: [Double]] = [:]

    /// One measurement of a product, and of what its arithmetic reaches on registers alone, in operations per second.
    mutating func add(_ shape: Shape, speed: Double, peak: Double) {
        speeds[shape, default: []].append(speed)
        shares[shape, default: []].append(speed / peak)
        peaks[shape.kernel.arithmetic, default: []].append(peak)
    }

    func table(rows: [Int], sizes: [Int]) -> String {
        var text = ""
        for (arithmetic, name) in [(ProductArithmetic.fp32, "fp32 (fused multiply-add)"), (.bf16, "bf16 arithmetic")] {
            guard let peaks = peaks[arithmetic].map(Repetitions.init) else { continue }
            text += "peak \(peaks.text { NumberText.fixed($0 * 1e-9, 1) }) GFLOP/s per core, \(name)\n"
        }
        for kernel in GemmBenchmark.Kernel.allCases {
            text += "\n\(kernel.rawValue): share of the peak in %, median ± half the range\n"
            var table = AlignedTable()
            table.add(["n × k"] + rows.map { "M = \($0)" })
            for outputs in sizes {
                for inputs in sizes {
                    table.add(
                        ["\(outputs) × \(inputs)"]
                            + rows.map {
                                cell(Shape(kernel: kernel, rows: $0, outputs: outputs, inputs: inputs))
                            })
                }
            }
            text += table.text + "M ≥ 8: \(summary(kernel))\n"
        }
        return text
    }

    private func cell(_ shape: Shape) -> String {
        guard let share = shares[shape].map(Repetitions.init) else { return "–" }
        let half = (share.maximum - share.minimum) * 50
        return "\(NumberText.fixed(share.median * 100, 0)) ± \(NumberText.fixed(half, 0))"
    }

    private func summary(_ kernel: GemmBenchmark.Kernel) -> String {
        let medians = shares.filter { $0.key.kernel == kernel && $0.key.rows >= 8 }.map { Repetitions($0.value).median }
        guard !medians.isEmpty else { return "not measured" }
        let all = Repetitions(medians)
        return "median over the shapes \(NumberText.percent(all.median)), least \(NumberText.percent(all.minimum))"
    }

    var json: JSONObject {
        var object = JSONObject()
        object.append("peak_flop_per_second", peaks[.fp32].map { Repetitions($0).json } ?? .null)
        object.append("bf16_peak_flop_per_second", peaks[.bf16].map { Repetitions($0).json } ?? .null)
        let keys = shares.keys.sorted {
            ($0.kernel.rawValue, $0.outputs, $0.inputs, $0.rows)
                < ($1.kernel.rawValue, $1.outputs, $1.inputs, $1.rows)
        }
        object.append("shapes", .array(keys.map(entry)))
        return object
    }

    private func entry(_ shape: Shape) -> JSONValue {
        var entry = JSONObject()
        entry.append("kernel", .string(shape.kernel.rawValue))
        entry.append("m", .integer(shape.rows))
        entry.append("n", .integer(shape.outputs))
        entry.append("k", .integer(shape.inputs))
        entry.append("flop_per_second", speeds[shape].map { Repetitions($0).json } ?? .null)
        entry.append("share_of_peak", shares[shape].map { Repetitions($0).json } ?? .null)
        return .object(entry)
    }
}
