/// Throughput, and where the time went.
struct SpeedSection {
    let runs: [RunData]

    var section: Section? {
        let figures =
            throughput + learnerTime + waiting(\.rollout, "Rollout workers waiting")
            + waiting(\.verification, "Reward verifiers waiting")
        guard !figures.isEmpty else { return nil }
        return Section(
            id: "speed", title: "Throughput and waiting",
            lead: "Over the time since the start of each run; from the processes' logs and the step reports.",
            content: ChartGrid.markup(figures))
    }

    /// The same for all runs, so that they compare.
    private var time: Quantity { .time(upTo: runs.map { Double($0.end - $0.start) / 1000 }.max() ?? 0) }

    private var throughput: [Markup] {
        [
            rate("Generated tokens", "tokens/s", note: "by all rollout workers", \.rollout?.done),
            rate(
                "Trained tokens", "tokens/s", note: "rows that went forward and backward, waiting included", \.trained),
            rate("Verdicts", "verdicts/s", note: "by all reward verifiers", \.verification?.done),
            Metric("Time per step", "step_seconds", .number("s"), note: "waiting included", includesZero: true).figure(
                runs),
        ].compactMap(\.self)
    }

    private func rate(_ title: String, _ unit: String, note: String, _ bins: (RunData) -> TimeBins?) -> Markup? {
        let series = runs.enumerated().compactMap { index, run in
            bins(run).map {
                LineChart.Series(run.name, .category(index), run: index, Curve(x: $0.centres, y: $0.rates))
            }
        }
        var chart = LineChart(
            label: "\(title) per second over time", series: series, xQuantity: time,
            yQuantity: .number(unit))
        chart.includesZero = true
        return chart.isEmpty ? nil : ChartGrid.figure(title, note: note, chart.markup)
    }

    /// The learner's steps: computing by phase, waiting by cause.
    private var learnerTime: [Markup] {
        let phases = Set(runs.flatMap { $0.steps.members(of: "seconds_by_phase") }).sorted()
        let causes = Set(runs.flatMap { $0.steps.members(of: "wait_seconds") }).sorted()
        return runs.enumerated().compactMap { index, run in
            let total = run.steps["step_seconds"]
            func share(_ column: String) -> [Double] {
                zip(run.steps[column], total).map { $0.isFinite && $1 > 0 ? min(1, $0 / $1) : 0 }
            }
            var parts: [StackedAreaChart.Part] = []
            for (place, phase) in phases.enumerated() {
                let name = "computing: " + phase.replacing("_", with: " ")
                let ink = Ink.level(0.12 + 0.3 * Double(place) / Double(max(1, phases.count - 1)))
                parts.append(.init(name, ink, share("seconds_by_phase/\(phase)")))
            }
            for (place, cause) in causes.enumerated() {
                let ink = Ink.level(0.7 + 0.3 * Double(place) / Double(max(1, causes.count - 1)))
                parts.append(.init("waiting: \(cause)", ink, share("wait_seconds/\(cause)")))
            }
            var chart = StackedAreaChart(
                label: "The learner's time, \(run.name)", x: run.steps.steps.map(Double.init), parts: parts,
                xQuantity: .count("step"), yQuantity: .share)
            chart.maximum = 1
            guard !chart.isEmpty else { return nil }
            return ChartGrid.figure(
                "The learner's time",
                note: runs.count > 1 ? run.name : "share of each step; what is left is bookkeeping",
                key: parts.map { ($0.ink, $0.name) }, run: index, chart.markup)
        }
    }

    /// Share of the processes' time that went into waiting, by cause.
    private func waiting(_ activity: (RunData) -> ProcessActivity?, _ title: String) -> [Markup] {
        // A cause has the same colour in all runs.
        var causes: [String] = []
        for cause in runs.flatMap({ activity($0)?.causes ?? [] }) where !causes.contains(cause) { causes.append(cause) }
        return runs.enumerated().compactMap { index, run in
            guard let activity = activity(run) else { return nil }
            let parts = causes.enumerated().compactMap { place, cause in
                activity.waits[cause] == nil
                    ? nil : StackedAreaChart.Part(cause, .category(place), activity.waitingShare(cause))
            }
            var chart = StackedAreaChart(
                label: "\(title), \(run.name)", x: activity.done.centres, parts: parts,
                xQuantity: time, yQuantity: .share)
            chart.maximum = 1
            guard !chart.isEmpty else { return nil }
            return ChartGrid.figure(
                title, note: runs.count > 1 ? run.name : "share of the time of all, by cause",
                key: parts.map { ($0.ink, $0.name) }, run: index, chart.markup)
        }
    }
}
