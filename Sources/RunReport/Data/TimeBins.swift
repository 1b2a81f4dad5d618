/// Amounts of something over time: what was done between two moments is spread evenly over the bins between them.
package struct TimeBins: Sendable {
    /// Milliseconds since 1970 at which the first bin begins, and the length of each.
    let start: Int64
    let width: Double
    /// How long the last bin is.
    private let lastWidth: Double
    /// Amount in each bin.
    package private(set) var amounts: [Double]

    static let count = 150

    /// Bins over all of `start` to `end`, none shorter than `minimum` seconds.
    package init(start: Int64, end: Int64, minimum: Double) {
        self.start = start
        let extent = Double(max(1, end - start))
        width = max(extent / Double(Self.count), minimum * 1000)
        let count = max(1, Int((extent / width).rounded(.up)))
        lastWidth = extent - width * Double(count - 1)
        amounts = Array(repeating: 0, count: count)
    }

    /// The middle of each bin, in seconds since `start`.
    package var centres: [Double] { amounts.indices.map { (Double($0) + 0.5) * width / 1000 } }

    /// Amount per second in each bin; NaN for a last one that is too short to tell.
    package var rates: [Double] {
        var rates = amounts.map { $0 / width * 1000 }
        rates[rates.count - 1] = lastWidth < width / 3 ? .nan : amounts[amounts.count - 1] / lastWidth * 1000
        return rates
    }

    package mutating func add(_ amount: Double, from begin: Int64, to end: Int64) {
        guard amount.isFinite, end > begin else { return }
        let (first, last) = (Double(begin - start) / width, Double(end - start) / width)
        guard first < Double(amounts.count), last > 0 else { return }
        for bin in max(0, Int(first.rounded(.down)))..<min(amounts.count, Int(last.rounded(.up))) {
            let share = (min(last, Double(bin + 1)) - max(first, Double(bin))) / (last - first)
            amounts[bin] += amount * max(0, share)
        }
    }
}
