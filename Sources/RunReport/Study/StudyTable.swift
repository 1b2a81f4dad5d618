import Foundation

/// The results of one experiment as a Markdown table and as a figure: a line for each cell, in the order given.
package struct StudyTable: Sendable {
    package let study: String
    private let cells: [(name: String, results: [StudyResult])]

    /// - Parameter order: all cells of the experiment; those without a result are said to be missing.
    package init(study: String, order: [String], results: [StudyResult]) {
        self.study = study
        cells = order.map { name in
            (name, results.filter { $0.study == study && $0.cell == name }.sorted { $0.seed < $1.seed })
        }
    }

    package var markdown: String {
        let header = """
            | cell | seeds | held-out accuracy, % | fall of reward | KL(μ‖π_old), nats | ESS | clipped seq. / tok., % | \
            experts differ, % | largest gradient | entropy, nats |
            |---|---|---|---|---|---|---|---|---|---|

            """
        return header + cells.map(row).joined(separator: "\n") + "\n"
    }

    private func row(_ cell: (name: String, results: [StudyResult])) -> String {
        let results = cell.results
        guard !results.isEmpty else { return "| \(cell.name) | 0 | not run | | | | | | | |" }
        func mean(_ value: (StudyResult) -> Double) -> Double { Curve.mean(results.map(value)) }
        func number(_ value: Double) -> String { NumberFormat.short(value) }
        let accuracy = SeedEstimate(results.map { $0.accuracy * 100 })
        let interval = accuracy.halfWidth.isFinite ? String(format: " ± %.1f", accuracy.halfWidth) : ""
        let refused = results.reduce(0) { $0 + $1.refusedUpdates }
        return "| "
            + [
                cell.name + (refused > 0 ? " (\(Int(refused)) updates refused)" : ""), "\(results.count)",
                String(format: "%.1f", accuracy.mean) + interval, String(format: "%.3f", mean(\.fall)),
                number(mean(\.samplerDivergence)), number(mean(\.effectiveSampleSize)),
                "\(number(100 * mean(\.clippedSequences))) / \(number(100 * mean(\.clippedTokens)))",
                number(100 * mean(\.expertDisagreement)), number(results.map(\.largestGradient).max() ?? 0),
                number(mean(\.entropy)),
            ].joined(separator: " | ") + " |"
    }

    /// Accuracy by cell as an SVG file of its own: a dot for each seed, a bar for the 95 % interval of the mean.
    package var figure: String {
        let (left, width, rowHeight) = (190.0, 640.0, 20.0)
        let height = Double(cells.count) * rowHeight + 46
        let all = cells.flatMap { $0.results.map { $0.accuracy * 100 } }
        let scale = Scale(.linear, fitting: all, range: (left, width - 16))
        let root = tag(
            "svg", Attribute("xmlns", "http://www.w3.org/2000/svg"),
            Attribute("viewBox", "0 0 \(Int(width)) \(Int(height))"), Attribute("role", "img"),
            Attribute("aria-label", "Held-out accuracy after the run by cell, experiment \(study)")
        ) {
            tag("style") { Markup.verbatim(Self.style) }
            axis(scale, bottom: height - 30)
            cells.enumerated().map { row($1, scale, y: 16 + Double($0) * rowHeight, left: left) }
            tag("text", Attribute("x", width - 16), Attribute("y", height - 2), Attribute("text-anchor", "end")) {
                "held-out accuracy after the run, %"
            }
        }
        return root.html + "\n"
    }

    private func axis(_ scale: Scale, bottom: Double) -> Markup {
        let ticks = Ticks.values(scale.domain, .linear, count: 8, isWhole: false)
        return tag("g") {
            zip(ticks, NumberFormat.labels(ticks)).map { value, label in
                guard let x = scale.place(value) else { return .nothing }
                return tag("g") {
                    tag(
                        "line", .classes("grid"), Attribute("x1", x), Attribute("x2", x), Attribute("y1", 6),
                        Attribute("y2", bottom))
                    tag("text", Attribute("x", x), Attribute("y", bottom + 14), Attribute("text-anchor", "middle")) {
                        label
                    }
                }
            }
        }
    }

    private func row(
        _ cell: (name: String, results: [StudyResult]), _ scale: Scale, y: Double, left: Double
    ) -> Markup {
        let values = cell.results.map { $0.accuracy * 100 }
        let estimate = SeedEstimate(values)
        let (low, high) = (scale.domain.lowerBound, scale.domain.upperBound)
        let ends = [estimate.mean - estimate.halfWidth, estimate.mean + estimate.halfWidth]
            .compactMap { $0.isFinite ? scale.place(min(max($0, low), high)) : nil }
        return tag("g") {
            tag("text", Attribute("x", left - 8), Attribute("y", y + 4), Attribute("text-anchor", "end")) { cell.name }
            if ends.count == 2 {
                tag(
                    "line", .classes("bar"), Attribute("x1", ends[0]), Attribute("x2", ends[1]), Attribute("y1", y),
                    Attribute("y2", y))
            }
            values.compactMap(scale.place).map {
                tag("circle", .classes("seed"), Attribute("cx", $0), Attribute("cy", y), Attribute("r", 2.5))
            }
            if let mean = scale.place(estimate.mean) {
                tag(
                    "line", .classes("mean"), Attribute("x1", mean), Attribute("x2", mean), Attribute("y1", y - 6),
                    Attribute("y2", y + 6))
            }
        }
    }

    /// Readable on light and on dark ground.
    private static let style: StaticString = """
        text { font: 12px system-ui, sans-serif; fill: #5a6472; }
        .grid { stroke: #8a94a2; stroke-opacity: .3; } .bar { stroke: #3a8fc2; stroke-width: 5; stroke-opacity: .45; }
        .seed { fill: #3a8fc2; } .mean { stroke: #d55e00; stroke-width: 2; }
        @media (prefers-color-scheme: dark) { text { fill: #aab4c0; } }
        """
}
