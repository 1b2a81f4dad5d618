/// Lines over a common axis: raw values thin, their running mean on top.
package struct LineChart: Sendable {
    package struct Series: Sendable {
        let name: String
        let ink: Ink
        /// The run that it belongs to, which the page can hide; nil for none.
        let run: Int?
        let curve: Curve
        /// Lower and upper bounds around the curve, at the same places; empty for none.
        var band: (lower: [Double], upper: [Double]) = ([], [])

        package init(
            _ name: String, _ ink: Ink, run: Int? = nil, _ curve: Curve,
            band: (lower: [Double], upper: [Double]) = ([], [])
        ) {
            (self.name, self.ink, self.run, self.curve, self.band) = (name, ink, run, curve, band)
        }
    }

    /// A moment worth a mark, such as a restart.
    package struct Event: Sendable {
        let x: Double
        let label: String
        let run: Int?
    }

    let label: String
    let series: [Series]
    let xQuantity: Quantity
    let yQuantity: Quantity
    var kind = Scale.Kind.linear
    var includesZero = false
    /// Whether areas below the lines are filled, as in a histogram.
    var isFilled = false
    var events: [Event] = []
    /// A value to compare with, drawn as a dashed line if it is within the others or near them.
    var guide: Double?

    package init(label: String, series: [Series], xQuantity: Quantity, yQuantity: Quantity) {
        (self.label, self.series) = (label, series)
        (self.xQuantity, self.yQuantity) = (xQuantity, yQuantity)
    }

    /// Whether there is anything to draw.
    package var isEmpty: Bool { !series.contains { $0.curve.y.contains(where: \.isFinite) } }

    package var markup: Markup {
        let values = series.flatMap { $0.curve.y + $0.band.lower + $0.band.upper } + (guide.map { [$0] } ?? [])
        let frame = PlotFrame(
            x: Scale(.linear, fitting: series.flatMap(\.curve.x), isPadded: false, range: PlotFrame.xRange),
            y: Scale(kind, fitting: values, includesZero: includesZero || isFilled, range: PlotFrame.yRange),
            xQuantity: xQuantity, yQuantity: yQuantity)
        return frame.chart(label: label, data: data(frame)) {
            if let guide, let place = frame.y.place(guide) {
                tag(
                    "line", .classes("guide"), Attribute("x1", PlotFrame.xRange.start),
                    Attribute("x2", PlotFrame.xRange.end), Attribute("y1", place), Attribute("y2", place))
            }
            for event in events { mark(event, frame) }
            for one in series { draw(one, frame) }
        }
    }

    private func mark(_ event: Event, _ frame: PlotFrame) -> Markup {
        guard let place = frame.x.place(event.x) else { return .nothing }
        return tag("g", .classes("event" + run(event.run))) {
            tag("title") { event.label }
            tag(
                "line", Attribute("x1", place), Attribute("x2", place), Attribute("y1", PlotFrame.yRange.end),
                Attribute("y2", PlotFrame.yRange.start))
        }
    }

    private func draw(_ one: Series, _ frame: PlotFrame) -> Markup {
        let x = one.curve.x.map(frame.x.place)
        func path(_ values: [Double], _ classes: String) -> Markup {
            let text = PathText.line(Array(zip(x, values.map(frame.y.place))))
            return text.isEmpty ? .nothing : tag("path", .classes(classes), Attribute("d", text))
        }
        func area(_ lower: [Double?], _ upper: [Double], _ classes: String) -> Markup {
            let text = PathText.band(x: x, lower: lower, upper: upper.map(frame.y.place))
            return text.isEmpty ? .nothing : tag("path", .classes(classes), Attribute("d", text))
        }
        return tag("g", .classes("series \(one.ink.name)" + run(one.run))) {
            if !one.band.upper.isEmpty { area(one.band.lower.map(frame.y.place), one.band.upper, "band") }
            if isFilled { area(one.curve.y.map { _ in frame.y.range.start }, one.curve.y, "band") }
            if one.curve.trend.isEmpty {
                path(one.curve.y, "line")
            } else {
                path(one.curve.y, "raw")
                path(one.curve.trend, "line")
            }
        }
    }

    private func run(_ index: Int?) -> String { index.map { " run-\($0)" } ?? "" }

    private func data(_ frame: PlotFrame) -> JSONNode {
        let lists = series.map { one -> JSONNode in
            var members: [(StaticString, JSONNode)] = [
                ("n", .text(one.name)), ("c", .text(one.ink.name)), ("r", .number(Double(one.run ?? -1))),
                ("x", .numbers(one.curve.x)), ("y", .numbers(one.curve.y)),
            ]
            if !one.curve.trend.isEmpty { members.append(("t", .numbers(one.curve.trend))) }
            return .object(members)
        }
        return .object(frame.scales + [("s", .list(lists))])
    }
}
