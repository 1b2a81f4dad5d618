/// The part that all charts share: size, axes with ticks and units, grid, and the guide that the read-out moves.
package struct PlotFrame: Sendable {
    static let width = 440.0
    static let height = 216.0
    private static let margin = (left: 52.0, right: 12.0, top: 24.0, bottom: 36.0)

    package static let xRange = (start: margin.left, end: width - margin.right)
    package static let yRange = (start: height - margin.bottom, end: margin.top)

    let x: Scale
    let y: Scale
    let xQuantity: Quantity
    let yQuantity: Quantity

    /// A drawing with axes around what `content` draws; `data` is for the read-out.
    func chart(
        label: String, data: JSONNode, showsXTicks: Bool = true, @MarkupBuilder content: () -> Markup
    ) -> Markup {
        tag(
            "svg", .classes("chart"), Attribute("viewBox", "0 0 \(Int(Self.width)) \(Int(Self.height))"),
            Attribute("role", "img"), Attribute("aria-label", label), Attribute("tabindex", "0")
        ) {
            grid
            content()
            axes(showsXTicks: showsXTicks)
            tag(
                "line", .classes("cursor"), Attribute("x1", 0), Attribute("x2", 0),
                Attribute("y1", Self.yRange.end), Attribute("y2", Self.yRange.start))
            tag("g", .classes("dots"))
        } + .data(data)
    }

    /// What the script needs to find a value under the pointer.
    var scales: [(StaticString, JSONNode)] {
        [
            ("x", .object(description(x, xQuantity))), ("y", .object(description(y, yQuantity))),
        ]
    }

    private func description(_ scale: Scale, _ quantity: Quantity) -> [(StaticString, JSONNode)] {
        [
            ("k", .text(scale.kind.rawValue)),
            ("d", .list([.number(scale.domain.lowerBound), .number(scale.domain.upperBound)])),
            ("r", .list([.number(scale.range.start), .number(scale.range.end)])),
            ("q", .text(quantity.kind.rawValue)), ("u", .text(quantity.unit)), ("f", .number(quantity.factor)),
        ]
    }

    private var xTicks: [(value: Double, label: String)] { ticks(x, xQuantity, count: 6) }
    private var yTicks: [(value: Double, label: String)] { ticks(y, yQuantity, count: 5) }

    /// Ticks that are round in the numbers that are written.
    private func ticks(_ scale: Scale, _ quantity: Quantity, count: Int) -> [(value: Double, label: String)] {
        let written = scale.domain.lowerBound / quantity.factor...scale.domain.upperBound / quantity.factor
        let values = Ticks.values(written, scale.kind, count: count, isWhole: quantity.kind == .count)
        return zip(values, NumberFormat.labels(values)).map { ($0 * quantity.factor, $1) }
    }

    private var grid: Markup {
        tag("g", .classes("grid")) {
            for tick in yTicks {
                if let place = y.place(tick.value) {
                    tag(
                        "line", Attribute("x1", Self.xRange.start), Attribute("x2", Self.xRange.end),
                        Attribute("y1", place), Attribute("y2", place))
                }
            }
        }
    }

    private func axes(showsXTicks: Bool) -> Markup {
        tag("g", .classes("axis")) {
            tag(
                "line", Attribute("x1", Self.xRange.start), Attribute("x2", Self.xRange.end),
                Attribute("y1", Self.yRange.start), Attribute("y2", Self.yRange.start))
            for tick in yTicks {
                if let place = y.place(tick.value) {
                    text(tick.label, x: Self.xRange.start - 7, y: place + 4, anchor: "end")
                }
            }
            for tick in showsXTicks ? xTicks : [] {
                if let place = x.place(tick.value) {
                    tag(
                        "line", Attribute("x1", place), Attribute("x2", place), Attribute("y1", Self.yRange.start),
                        Attribute("y2", Self.yRange.start + 4))
                    text(tick.label, x: place, y: Self.yRange.start + 17, anchor: "middle")
                }
            }
            text(yQuantity.unit, x: 2, y: Self.yRange.end - 10, anchor: "start", isUnit: true)
            text(xQuantity.unit, x: Self.xRange.end, y: Self.height - 4, anchor: "end", isUnit: true)
        }
    }

    private func text(_ label: String, x: Double, y: Double, anchor: String, isUnit: Bool = false) -> Markup {
        guard !label.isEmpty else { return .nothing }
        return tag(
            "text", .classes(isUnit ? "unit" : "tick"), Attribute("x", x), Attribute("y", y),
            Attribute("text-anchor", anchor)
        ) { label }
    }
}

extension Markup {
    static func + (left: Markup, right: Markup) -> Markup { .list([left, right]) }
}
