import Glibc

/// What a comparison may still spend: steps of about 50 ns, and processor time.
///
/// Owned by one comparison on one thread. The steps make a verdict independent of the machine's load; the time is the backstop
/// behind them, and that of the thread, so that a process that is stopped or has to wait loses nothing.
final class WorkBudget {
    private var remaining: Int
    private let end: Duration
    private var untilClock = 1_024

    init(steps: Int, processorTime: Duration) {
        self.remaining = steps
        end = Self.spent + processorTime
    }

    /// The processor time of this thread.
    private static var spent: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Takes `steps` off.
    ///
    /// - Throws: `overBudget` once nothing is left.
    func charge(_ steps: Int = 1) throws(MathFailure) {
        remaining -= steps
        untilClock -= steps
        guard remaining >= 0 else { throw .overBudget }
        guard untilClock <= 0 else { return }
        untilClock = 1_024
        if Self.spent >= end {
            remaining = -1
            throw .overBudget
        }
    }
}
