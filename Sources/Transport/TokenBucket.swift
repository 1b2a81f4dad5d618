/// How often something may happen: `rate` times a second on average, `burst` times at once.
///
/// Role: pure; its owner tells the time. Invariant: 0 ≤ tokens ≤ burst.
package struct TokenBucket: Sendable, Equatable {
    private let rate: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: ContinuousClock.Instant

    /// Full at the beginning.
    package init(rate: Int, burst: Int, now: ContinuousClock.Instant) {
        precondition(rate > 0 && burst > 0, "a bucket that lets nothing pass is no limit")
        self.rate = Double(rate)
        self.burst = Double(burst)
        tokens = Double(burst)
        filledAt = now
    }

    /// Takes a token, if there is one.
    package mutating func take(now: ContinuousClock.Instant) -> Bool {
        if now > filledAt {
            tokens = min(burst, tokens + rate * ((now - filledAt) / .seconds(1)))
            filledAt = now
        }
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
