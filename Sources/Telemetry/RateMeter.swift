extension Duration {
    /// The duration as a number of seconds.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

/// Events per second over the last 10, 60 and 300 seconds.
///
/// Role: counts in one bucket per second; pure, the caller passes the time. Owner: whoever does the counted work.
/// Invariant: `total` never falls, and a rate never counts anything older than its window.
package struct RateMeter: Sendable {
    /// The windows of every progress line, in seconds.
    package static let windows = [10, 60, 300]
    private static let longest = 300

    private let start: ContinuousClock.Instant
    /// `buckets[i % longest]` counts second i since the start, for the last `longest` seconds up to `last`.
    private var buckets = [Int](repeating: 0, count: longest)
    private var last = 0
    /// Everything counted since the start.
    package private(set) var total = 0

    package init(start: ContinuousClock.Instant) { self.start = start }

    /// Counts `count` events at `now`; time does not run backwards.
    package mutating func add(_ count: Int, now: ContinuousClock.Instant) {
        let second = max(last, Int((now - start).components.seconds))
        for skipped in (last + 1)..<max(last + 1, min(second, last + Self.longest) + 1) {
            buckets[skipped % Self.longest] = 0
        }
        last = second
        buckets[second % Self.longest] += count
        total += count
    }

    /// Events per second in the last `window` seconds (at most 300), or since the start if that is shorter.
    package func rate(over window: Int, now: ContinuousClock.Instant) -> Double {
        precondition((1...Self.longest).contains(window), "a rate covers 1 to \(Self.longest) seconds")
        let elapsed = (now - start).inSeconds
        let second = max(last, Int((now - start).components.seconds))
        let first = max(0, second - window + 1)
        guard first <= last else { return 0 }
        let sum = (first...last).reduce(0) { $0 + buckets[$1 % Self.longest] }
        return Double(sum) / max(1, elapsed - Double(first))
    }
}
