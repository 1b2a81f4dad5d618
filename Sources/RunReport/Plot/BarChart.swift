/// Values of a few categories, one bar for each series.
package struct BarChart: Sendable {
    package struct Series: Sendable {
        let name: String
        let ink: Ink
        let run: Int?
        /// One for each category; NaN for none.
        let values: [Double]

        package init(_ name: String, _ ink: Ink, run: Int? = nil, _ values: [Double]) {
            (self.name, self.ink, self.run, self.values) = (name, ink, run, values)
        }
    }

    let label: String
    let categories: [String]
    let series: [Series]
    /// The categories' unit.
    let xQuantity: Quantity
    let yQuantity: Quantity
    /// Where bars begin: 0, or 1 for a ratio.
    let base: Double

    package init(
        label: String, categories: [String], series: [Series], xQuantity: Quantity, yQuantity: Quantity,
        base: Double = 0
    ) {
        (self.label, self.categories, self.series) = (label, categories, series)
        (self.xQuantity, self.yQuantity, self.base) = (xQuantity, yQuantity, base)
    }

    package var isEmpty: Bool { !series.contains { $0.values.contains(where: \.isFinite) } }

    package var markup: Markup {
        let slots = Double(categories.count)
        let frame = PlotFrame(
            x: Scale(.linear, domain: 0...max(1, slots), range: PlotFrame.xRange),
            y: Scale(.linear, fitting: series.flatMap(\.values) + [base], range: PlotFrame.yRange),
            xQuantity: Quantity(kind: .count, unit: xQuantity.unit), yQuantity: yQuantity)
        let slot = (PlotFrame.xRange.end - PlotFrame.xRange.start) / max(1, slots)
        // Bars are not wider than they need to be seen.
        let width = min(34, slot * 0.76 / Double(max(1, series.count)))
        return frame.chart(label: label, data: .object([]), showsXTicks: false) {
            for (index, one) in series.enumerated() {
                tag("g", .classes("bars \(one.ink.name)" + (one.run.map { " run-\($0)" } ?? ""))) {
                    for (category, value) in one.values.enumerated() {
                        bar(
                            value, one.name + ", " + categories[category],
                            x: PlotFrame.xRange.start + (Double(category) + 0.5) * slot
                                + (Double(index) - Double(series.count) / 2) * width, width: width, frame)
                    }
                }
            }
            names(slot: slot)
        }
    }

    private func names(slot: Double) -> Markup {
        // Names that would touch are left out in turn.
        let stride = max(1, Int((Double(categories.map(\.count).max() ?? 1) * 7 / slot).rounded(.up)))
        return tag("g", .classes("axis")) {
            for (index, name) in categories.enumerated() where index % stride == 0 {
                tag(
                    "text", .classes("tick"), Attribute("x", PlotFrame.xRange.start + (Double(index) + 0.5) * slot),
                    Attribute("y", PlotFrame.yRange.start + 17), Attribute("text-anchor", "middle")
                ) { name }
            }
        }
    }

    private func bar(_ value: Double, _ name: String, x: Double, width: Double, _ frame: PlotFrame) -> Markup {
        guard let end = frame.y.place(value), let start = frame.y.place(base) else { return .nothing }
        // Even nothing leaves a hairline, so that it is not taken for missing.
        let height = max(abs(end - start), 1)
        return tag(
            "rect", Attribute("x", x + 0.5), Attribute("y", min(end, start)), Attribute("width", max(1, width - 1)),
            Attribute("height", height)
        ) {
            tag("title") { "\(name): \(yQuantity.text(value))" }
        }
    }
}
