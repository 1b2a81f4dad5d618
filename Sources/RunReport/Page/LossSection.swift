/// What was given up: groups dropped, verdicts unknown, messages refused; each by reason.
struct LossSection {
    let runs: [RunData]

    private static let counters: [(column: String, title: String, isCumulative: Bool)] = [
        ("dropped", "Dropped groups", true), ("unknown", "Unknown verdicts", false),
        ("unknown_received", "Unknown verdicts, dropped groups included", true),
        ("refused_submissions", "Refused submissions", true), ("malformed_messages", "Malformed messages", true),
        ("dropped_messages", "Dropped messages", true), ("refused_peers", "Refused connections", true),
    ]

    var section: Section? {
        guard runs.contains(where: { !$0.steps.isEmpty }) else { return nil }
        let figures = drops + unknown
        return Section(
            id: "losses", title: "Drops and unknown verdicts",
            lead:
                "Nothing is lost silently: whatever was not trained on has a reason. Unknown verdicts are masked, not scored 0.",
            content: table + (figures.isEmpty ? .nothing : ChartGrid.markup(figures)))
    }

    private var table: Markup {
        let rows = Self.counters.flatMap { counter -> [[Markup]] in
            let reasons = Set(runs.flatMap { $0.steps.members(of: counter.column) }).sorted()
            guard !reasons.isEmpty else { return [[.text(counter.title)] + runs.map { _ in .text("0") }] }
            return reasons.map { reason in
                let path = "\(counter.column)/\(reason)"
                return [.text("\(counter.title): \(reason.replacing("_", with: " "))")]
                    + runs.map { run in
                        let count = counter.isCumulative ? run.steps.increase(path) : run.steps.sum(path)
                        return .text(NumberFormat.short(count))
                    }
            }
        }
        return Table.markup(
            heads: [.text("Reason")] + runs.enumerated().map { OverviewSection.name($1, $0) }, rows: rows,
            classes: "counts")
    }

    private var drops: [Markup] {
        stacks("dropped", "Dropped groups", note: "since the start of the run", unit: "groups")
    }

    private var unknown: [Markup] {
        stacks("unknown", "Unknown verdicts", note: "of each step's responses", unit: "responses")
    }

    private func stacks(_ column: String, _ title: String, note: String, unit: String) -> [Markup] {
        let reasons = Set(runs.flatMap { $0.steps.members(of: column) }).sorted()
        return runs.enumerated().compactMap { index, run in
            let parts = reasons.enumerated().map { place, reason in
                StackedAreaChart.Part(
                    reason.replacing("_", with: " "), .category(place), run.steps["\(column)/\(reason)"])
            }
            let chart = StackedAreaChart(
                label: "\(title) by reason, \(run.name)", x: run.steps.steps.map(Double.init), parts: parts,
                xQuantity: .count("step"), yQuantity: .count(unit))
            guard !chart.isEmpty else { return nil }
            return ChartGrid.figure(
                title, note: runs.count > 1 ? run.name : note, key: parts.map { ($0.ink, $0.name) }, run: index,
                chart.markup)
        }
    }
}
