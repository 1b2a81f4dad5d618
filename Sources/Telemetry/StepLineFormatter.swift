/// One line for people per step of the learner.
///
/// Role: reads all lines of a run (it needs the workers' for the generation speed) and answers those worth showing
/// with a text. Pure.
package struct StepLineFormatter: Sendable {
    private var report = ThroughputReport()

    package init() {}

    /// The line to show for `line`: a step, a crash or an error; nil for everything else.
    package mutating func text(for line: LogLine) -> String? {
        report.ingest(line)
        switch line.event {
        case StepRecord.event: return stepText(line)
        case "child_exited": return "!  \(line.id) \(line.text("reason") ?? "ended unexpectedly"); started again"
        case _ where line.level == "error" || line.level == "critical":
            let fields = line.fields.keys.sorted().map { "\($0)=\(line.fields[$0, default: .null])" }
            return "!  " + ([line.id, line.event] + fields).joined(separator: " ")
        default: return nil
        }
    }

    private func stepText(_ line: LogLine) -> String {
        func number(_ key: String, _ decimals: Int, width: Int) -> String {
            let text = line.number(key).map { Format.fixed($0, decimals) } ?? "–"
            return String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func rate(_ value: Double?) -> String {
            let text = value.map { Format.fixed($0, 0) } ?? "–"
            return String(repeating: " ", count: max(0, 6 - text.count)) + text
        }
        let accuracy = line.number("accuracy").map { Format.fixed($0 * 100, 1) } ?? "–"
        let staleness = [("staleness_min", 0), ("staleness_mean", 1), ("staleness_max", 0)]
            .map { number($0.0, $0.1, width: 1) }.joined(separator: "/")
        let waits = line.numbers("wait_seconds").filter { $0.value >= 0.05 }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let causes = waits.map { "\($0.key) \(Format.fixed($0.value, 1)) s" }.joined(separator: ", ")
        var text = "step \(number("step", 0, width: 4))  reward \(number("reward_mean", 3, width: 6))"
        text += "  accuracy \(String(repeating: " ", count: max(0, 5 - accuracy.count)))\(accuracy) %"
        text += "  staleness \(staleness)"
        text += "  generated \(rate(report.generatedTokensPerSecond(over: 10))) tok/s"
        text += "  trained \(rate(line.number("tokens_per_second"))) tok/s"
        text += "  step \(number("step_seconds", 1, width: 5)) s"
        text += causes.isEmpty ? "  no waiting" : "  waited for \(causes)"
        if line["conservation_ok"]?.asBoolean == false { text += "  CONSERVATION BROKEN" }
        if let mismatches = line.number("audit_mismatches"), mismatches > 0 {
            text += "  \(Format.fixed(mismatches, 0)) LOG-PROB MISMATCHES"
        }
        return text
    }
}
