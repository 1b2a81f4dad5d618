import RunStore

/// A column of the step table as a chart: what it is called, measured in, and compared with.
struct Metric: Sendable {
    let title: String
    let column: String
    let quantity: Quantity
    var note = ""
    var kind = Scale.Kind.linear
    var includesZero = false
    var guide: Double?
    /// Left out when all values are 0: what the run does not use.
    var isOptional = false
    /// Divides the column, e.g. to make a count a share.
    var divisor: String?

    init(
        _ title: String, _ column: String, _ quantity: Quantity, note: String = "", kind: Scale.Kind = .linear,
        includesZero: Bool = false, guide: Double? = nil, isOptional: Bool = false, divisor: String? = nil
    ) {
        self.title = title
        self.column = column
        self.quantity = quantity
        self.note = note
        self.kind = kind
        self.includesZero = includesZero
        self.guide = guide
        self.isOptional = isOptional
        self.divisor = divisor
    }

    func values(_ steps: StepTable) -> [Double] {
        guard let divisor else { return steps[column] }
        return zip(steps[column], steps[divisor]).map { $1 > 0 ? $0 / $1 : .nan }
    }

    /// The chart of all runs over their steps; nil if there is nothing to show.
    func figure(_ runs: [RunData]) -> Markup? {
        let series = runs.enumerated().map { index, run in
            LineChart.Series(
                run.name, .category(index), run: index,
                Curve(x: run.steps.steps.map(Double.init), y: values(run.steps)))
        }
        let isIdle = series.allSatisfy { $0.curve.y.allSatisfy { $0 == 0 || $0.isNaN } }
        guard !(isOptional && isIdle) else { return nil }
        var chart = LineChart(
            label: "\(title) over steps", series: series, xQuantity: .count("step"), yQuantity: quantity)
        chart.kind = kind
        chart.includesZero = includesZero
        chart.guide = guide
        chart.events = runs.enumerated().flatMap { Self.restarts($1, run: $0) }
        return chart.isEmpty ? nil : ChartGrid.figure(title, note: note, chart.markup)
    }

    /// Where the learner was started again: between the steps of two lives.
    private static func restarts(_ run: RunData, run index: Int) -> [LineChart.Event] {
        run.lives.dropFirst().compactMap { life in
            guard let place = run.steps.times.firstIndex(where: { $0 > life.startedAt }), place > 0 else { return nil }
            return LineChart.Event(
                x: Double(run.steps.steps[place]) - 0.5, label: "\(run.name): the learner was started again", run: index
            )
        }
    }
}
