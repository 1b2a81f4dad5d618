/// The `d` of an SVG path through points; what has no place is a gap.
package enum PathText {
    package static func line(_ points: [(x: Double?, y: Double?)]) -> String {
        var text = ""
        var isDrawing = false
        for (index, point) in points.enumerated() {
            guard let x = point.x, let y = point.y else {
                isDrawing = false
                continue
            }
            text += (isDrawing ? "L" : "M") + "\(NumberFormat.coordinate(x)) \(NumberFormat.coordinate(y))"
            let isAlone = !isDrawing && (index + 1 == points.count || points[index + 1].y == nil)
            // A line of no length with round ends is a dot.
            if isAlone { text += "h0" }
            isDrawing = true
        }
        return text
    }

    /// The area between two lines over the same places, `lower` backwards.
    package static func band(x: [Double?], lower: [Double?], upper: [Double?]) -> String {
        let there = x.indices.filter { x[$0] != nil && lower[$0] != nil && upper[$0] != nil }
        guard let first = there.first else { return "" }
        func point(_ index: Int, _ y: [Double?]) -> String {
            "\(NumberFormat.coordinate(x[index] ?? 0)) \(NumberFormat.coordinate(y[index] ?? 0))"
        }
        return "M" + point(first, upper) + there.dropFirst().map { "L" + point($0, upper) }.joined()
            + there.reversed().map { "L" + point($0, lower) }.joined() + "Z"
    }
}
