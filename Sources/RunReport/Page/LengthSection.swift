/// How long the responses are.
struct LengthSection {
    let runs: [RunData]

    var section: Section? {
        let metrics = [
            Metric(
                "Response length", "response_tokens_mean", .number("tokens"), note: "mean over the batch",
                includesZero: true),
            Metric(
                "Truncated responses", "truncated_fraction", .share, note: "cut at rollout.max_response_tokens",
                includesZero: true),
        ]
        let figures = metrics.compactMap { $0.figure(runs) } + distributions
        guard !figures.isEmpty else { return nil }
        return Section(
            id: "lengths", title: "Length", lead: "Response tokens, the end token included.",
            content: ChartGrid.markup(figures))
    }

    /// Lengths in the first and in the last quarter of each run.
    private var distributions: [Markup] {
        runs.enumerated().compactMap { index, run in
            let longest = max(run.lengths.early.keys.max() ?? 0, run.lengths.late.keys.max() ?? 0)
            guard longest > 0 else { return nil }
            // Two places for each bin: steps, not slopes.
            let width = max(1, (longest + 39) / 40)
            let edges = Array(stride(from: 0, through: longest + width, by: width)).map { Double($0) - 0.5 }
            func curve(_ counts: [Int: Int]) -> Curve {
                let total = Double(max(1, counts.values.reduce(0, +)))
                var bins = Array(repeating: 0.0, count: edges.count)
                for (length, count) in counts { bins[length / width] += Double(count) / total }
                return Curve(
                    x: zip(edges, edges.dropFirst()).flatMap { [$0, $1] },
                    y: bins.dropLast().flatMap { [$0, $0] }, isSmoothed: false)
            }
            let parts = [
                ("first quarter", Ink.level(0.15), run.lengths.early), ("last quarter", .level(0.75), run.lengths.late),
            ]
            var chart = LineChart(
                label: "Distribution of response lengths, \(run.name)",
                series: parts.map { LineChart.Series($0.0, $0.1, curve($0.2)) }, xQuantity: .count("tokens"),
                yQuantity: .share)
            chart.isFilled = true
            return ChartGrid.figure(
                "Distribution of lengths", note: runs.count > 1 ? run.name : "share of responses",
                key: parts.map { ($0.1, $0.0) }, run: index, chart.markup)
        }
    }
}
