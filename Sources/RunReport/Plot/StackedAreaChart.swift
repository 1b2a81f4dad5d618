/// Parts of a whole over time, one on top of the other.
package struct StackedAreaChart: Sendable {
    package struct Part: Sendable {
        let name: String
        let ink: Ink
        /// One for each place of `x`, not negative; NaN counts as 0.
        let values: [Double]

        package init(_ name: String, _ ink: Ink, _ values: [Double]) {
            (self.name, self.ink, self.values) = (name, ink, values)
        }
    }

    /// Fewer than a line may have: areas that flicker cannot be compared.
    private static let maximumPoints = 75

    let label: String
    let x: [Double]
    let parts: [Part]
    let xQuantity: Quantity
    let yQuantity: Quantity
    /// The end of the axis; nil for the largest sum.
    package var maximum: Double?

    package init(label: String, x: [Double], parts: [Part], xQuantity: Quantity, yQuantity: Quantity) {
        (self.label, self.x, self.parts) = (label, x, parts)
        (self.xQuantity, self.yQuantity) = (xQuantity, yQuantity)
    }

    package var isEmpty: Bool { x.isEmpty || !parts.contains { $0.values.contains { $0 > 0 } } }

    package var markup: Markup {
        let thinned = parts.map { Curve(x: x, y: $0.values, isSmoothed: false, limit: Self.maximumPoints) }
        let places = thinned.first?.x ?? []
        let layers = layers(thinned.map(\.y), count: places.count)
        let top = maximum.map { [$0] } ?? layers.last ?? []
        let frame = PlotFrame(
            x: Scale(.linear, fitting: places, isPadded: false, range: PlotFrame.xRange),
            y: Scale(
                .linear, fitting: top, includesZero: true, isPadded: maximum == nil, range: PlotFrame.yRange),
            xQuantity: xQuantity, yQuantity: yQuantity)
        return frame.chart(label: label, data: data(frame, thinned)) {
            for (index, part) in parts.enumerated() {
                tag("g", .classes("stack \(part.ink.name)")) {
                    tag(
                        "path",
                        Attribute(
                            "d",
                            PathText.band(
                                x: places.map(frame.x.place), lower: layers[index].map(frame.y.place),
                                upper: layers[index + 1].map(frame.y.place))))
                }
            }
        }
    }

    /// `[parts + 1][places]`: sums of the parts below; the first is all 0.
    private func layers(_ values: [[Double]], count: Int) -> [[Double]] {
        values.reduce(into: [Array(repeating: 0, count: count)]) { layers, part in
            layers.append(zip(layers[layers.count - 1], part).map { $0 + ($1.isFinite ? max(0, $1) : 0) })
        }
    }

    private func data(_ frame: PlotFrame, _ thinned: [Curve]) -> JSONNode {
        let lists = zip(parts, thinned).map { part, curve in
            JSONNode.object([
                ("n", .text(part.name)), ("c", .text(part.ink.name)), ("r", .number(-1)), ("x", .numbers(curve.x)),
                ("y", .numbers(curve.y)),
            ])
        }
        return .object(frame.scales + [("stacked", .number(1)), ("s", .list(lists))])
    }
}
