/// What a comparison may still spend, in steps of about 50 ns, and until when.
///
/// Owned by one comparison on one thread. The steps make a verdict independent of the machine's load; the deadline is
/// the backstop behind them.
final class WorkBudget {
    private var remaining: Int
    private let deadline: ContinuousClock.Instant
    private var untilClock = 1_024

    init(steps: Int, deadline: ContinuousClock.Instant) {
        self.remaining = steps
        self.deadline = deadline
    }

    /// Takes `steps` off.
    ///
    /// - Throws: `overBudget` once nothing is left or the deadline has passed.
    func charge(_ steps: Int = 1) throws(MathFailure) {
        remaining -= steps
        untilClock -= steps
        guard remaining >= 0 else { throw .overBudget }
        guard untilClock <= 0 else { return }
        untilClock = 1_024
        if ContinuousClock.now >= deadline {
            remaining = -1
            throw .overBudget
        }
    }
}
