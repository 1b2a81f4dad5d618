/// How old the data was, and what that did: over time, and by staleness.
struct StalenessSection {
    let runs: [RunData]

    var section: Section? {
        guard runs.contains(where: { $0.steps.has("staleness_mean") }) else { return nil }
        return Section(
            id: "staleness", title: "Staleness",
            lead: "The version that consumes a response minus the oldest that produced any of its tokens.",
            content: ChartGrid.markup([overTime] + shares) + byBucket + timeByBucket)
    }

    private var overTime: Markup {
        let series = runs.enumerated().map { index, run in
            let x = run.steps.steps.map(Double.init)
            func curve(_ column: String) -> Curve { Curve(x: x, y: run.steps[column]) }
            return LineChart.Series(
                run.name, .category(index), run: index, curve("staleness_mean"),
                band: (curve("staleness_min").y, curve("staleness_max").y))
        }
        var chart = LineChart(
            label: "Staleness over steps", series: series, xQuantity: .count("step"), yQuantity: .number("versions"))
        chart.includesZero = true
        return ChartGrid.figure("Staleness", note: "mean, and least to greatest of the batch", chart.markup)
    }

    /// Shares of the responses by staleness, for each run.
    private var shares: [Markup] {
        runs.enumerated().compactMap { index, run in
            let buckets = run.buckets(of: "staleness_histogram")
            let parts = buckets.map { bucket in
                let values = zip(run.steps["staleness_histogram/\(bucket)"], run.steps["responses"]).map {
                    $0.isFinite && $1 > 0 ? $0 / $1 : 0
                }
                return StackedAreaChart.Part("staleness \(bucket)", ink(bucket, buckets), values)
            }
            var chart = StackedAreaChart(
                label: "Responses by staleness, \(run.name)", x: run.steps.steps.map(Double.init), parts: parts,
                xQuantity: .count("step"), yQuantity: .share)
            chart.maximum = 1
            guard !chart.isEmpty else { return nil }
            return ChartGrid.figure(
                "Responses by staleness", note: runs.count > 1 ? run.name : "", key: key(buckets), run: index,
                chart.markup)
        }
    }

    /// What is compared between buckets: column, title, unit, weight of a step, where bars begin.
    private static let measures: [(column: String, title: String, quantity: Quantity, weight: String, base: Double)] = [
        ("clip_fraction_sequences", "Clipped sequences", .share, "sequences", 0),
        ("clip_fraction_tokens", "Clipped tokens", .share, "tokens", 0),
        ("ratio_mean", "Ratio π_θ/π_old", .number, "sequences", 1),
        ("kl_k3", "KL(μ‖π_old)", .number("nats"), "tokens", 0),
        ("effective_sample_size", "Effective sample size", .share, "tokens", 0),
        ("gradient_share", "Share of the gradient", .share, "", 0),
        ("reward_mean", "Reward", .number, "sequences", 0),
        ("weight_zero_fraction", "Tokens without weight", .share, "tokens", 0),
    ]

    private var allBuckets: [Int] { Set(runs.flatMap { $0.buckets(of: "by_staleness") }).sorted() }

    /// Means over the run, for each staleness.
    private var byBucket: Markup {
        let buckets = allBuckets
        guard !buckets.isEmpty else { return .nothing }
        let figures = Self.measures.map { measure in
            let series = runs.enumerated().map { index, run in
                BarChart.Series(
                    run.name, .category(index), run: index,
                    buckets.map { run.mean(measure.column, bucket: $0, weight: measure.weight) })
            }
            let chart = BarChart(
                label: "\(measure.title) by staleness", categories: buckets.map(Self.name), series: series,
                xQuantity: .count("staleness in versions"), yQuantity: measure.quantity, base: measure.base)
            let note = measure.column == "gradient_share" ? "mean of the steps' shares" : "mean over the run"
            return ChartGrid.figure(measure.title, note: note, chart.markup)
        }
        return tag("h3", .classes("part")) { "By staleness, over the whole run" } + ChartGrid.markup(figures)
    }

    /// The same over time: for each run a line for each staleness.
    private var timeByBucket: Markup {
        .list(
            runs.enumerated().map { index, run in
                let buckets = run.buckets(of: "by_staleness")
                guard buckets.count > 1 else { return .nothing }
                let state = runs.count == 1 ? [Attribute("open", "open")] : []
                return tag("details", [.classes("run-\(index)")] + state) {
                    tag("summary") { "By staleness over time" + (runs.count > 1 ? ": \(run.name)" : "") }
                    ChartGrid.key(key(buckets))
                    ChartGrid.markup(Self.measures.map { figure($0.column, $0.title, $0.quantity, run, buckets) })
                }
            })
    }

    private func figure(
        _ column: String, _ title: String, _ quantity: Quantity, _ run: RunData, _ buckets: [Int]
    ) -> Markup {
        let series = buckets.map { bucket in
            // A line goes on over steps in which nothing had this staleness.
            let points = zip(run.steps.steps, run.steps["by_staleness/\(bucket)/\(column)"]).filter { $0.1.isFinite }
            return LineChart.Series(
                "staleness \(Self.name(bucket))", ink(bucket, buckets),
                Curve(x: points.map { Double($0.0) }, y: points.map(\.1)))
        }
        let chart = LineChart(
            label: "\(title) by staleness over steps", series: series, xQuantity: .count("step"), yQuantity: quantity)
        return ChartGrid.figure(title, chart.markup)
    }

    private func key(_ buckets: [Int]) -> [(ink: Ink, name: String)] {
        buckets.map { (ink($0, buckets), Self.name($0)) }
    }

    private func ink(_ bucket: Int, _ buckets: [Int]) -> Ink {
        let place = buckets.firstIndex(of: bucket) ?? 0
        return .level(buckets.count < 2 ? 0 : Double(place) / Double(buckets.count - 1))
    }

    /// The last bucket holds all that is older, too.
    private static func name(_ bucket: Int) -> String { bucket >= 16 ? "16+" : "\(bucket)" }
}

extension RunData {
    /// Staleness values that any step has.
    func buckets(of column: String) -> [Int] { steps.members(of: column).compactMap { Int($0) }.sorted() }

    /// Mean over the run of a measure at one staleness. Without weight: of the steps in which nothing has it, 0.
    func mean(_ column: String, bucket: Int, weight: String) -> Double {
        let path = "by_staleness/\(bucket)/"
        guard !weight.isEmpty else {
            let values = steps[path + column]
            guard values.contains(where: \.isFinite) else { return .nan }
            return values.reduce(0) { $1.isFinite ? $0 + $1 : $0 } / Double(values.count)
        }
        return steps.mean(path + column, weightedBy: path + weight)
    }
}
