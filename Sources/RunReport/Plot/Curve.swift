/// Values over an axis, ready to be drawn: not more points than can be told apart.
package struct Curve: Sendable, Equatable {
    /// Ascending.
    package let x: [Double]
    /// NaN where there is no value.
    package let y: [Double]
    /// A running mean of `y`; empty for a short curve.
    package let trend: [Double]

    package static let maximumPoints = 400
    /// Curves shorter than this are clear as they are.
    private static let minimumTrendPoints = 16

    /// - Parameters:
    ///   - isSmoothed: whether a trend is of use.
    ///   - limit: how many points it has at most; more are put together to means.
    package init(x: [Double], y: [Double], isSmoothed: Bool = true, limit: Int = maximumPoints) {
        let size = (x.count + limit - 1) / limit
        if size <= 1 {
            (self.x, self.y) = (x, y)
        } else {
            let bins = stride(from: 0, to: x.count, by: size).map { $0..<min($0 + size, x.count) }
            self.x = bins.map { Self.mean(x[$0]) }
            self.y = bins.map { Self.mean(y[$0]) }
        }
        trend =
            isSmoothed && self.y.count >= Self.minimumTrendPoints
            ? Self.runningMean(self.y, radius: max(1, self.y.count / 30)) : []
    }

    /// Mean of what is finite; NaN if nothing is.
    package static func mean(_ values: some Sequence<Double>) -> Double {
        var (sum, count) = (0.0, 0)
        for value in values where value.isFinite {
            sum += value
            count += 1
        }
        return count == 0 ? .nan : sum / Double(count)
    }

    /// Mean over `radius` values to either side, fewer at the ends so that none of them is one-sided; NaN stays NaN.
    package static func runningMean(_ values: [Double], radius: Int) -> [Double] {
        values.indices.map { index in
            guard values[index].isFinite else { return .nan }
            let reach = min(radius, index, values.count - 1 - index)
            return mean(values[index - reach...index + reach])
        }
    }
}
