/// Decides when a program has had enough; pure.
///
/// Owner: the run of a program. Invariant: a program is blamed (`.time`, `.memory`, `.output`) only for what it did itself.
/// Time for which it waited for a busy machine is not its own: when that makes up most of the wait, `.overload` says that
/// nothing is known of the program. A program cannot get that verdict by keeping the machine busy itself, because then its own
/// processor time runs out.
package struct ResourceWatch: Sendable {
    /// Why a program was ended.
    package enum Excess: Sendable, Equatable {
        case time
        case memory
        case output
        /// The machine did not let it run.
        case overload
        /// Whoever asked has no use for the result any more.
        case deadline
        /// The sandbox is being shut down.
        case stopped
        /// Those whom it served are done.
        case unneeded
    }

    /// What starting a sandbox may take beside the program's own time.
    private static let startSeconds = 0.5
    /// The program's time is over at the latest after so many times the limit.
    private static let overloadFactor = 4.0

    private let limits: ResourceLimits
    private let start: ContinuousClock.Instant
    private let deadline: ContinuousClock.Instant

    package init(limits: ResourceLimits, start: ContinuousClock.Instant, deadline: ContinuousClock.Instant) {
        self.limits = limits
        self.start = start
        self.deadline = deadline
    }

    /// The reason to end the program now, or nil.
    package func excess(of usage: ResourceUsage, outputBytes: Int, now: ContinuousClock.Instant) -> Excess? {
        let elapsed = (now - start) / .seconds(1)
        if isOutputExcess(outputBytes) { return .output }
        if usage.memoryBytes > limits.memoryBytes { return .memory }
        if usage.processorSeconds > limits.seconds { return .time }
        let own = elapsed - min(elapsed, usage.waitedForProcessorSeconds)
        if own > limits.seconds + Self.startSeconds { return .time }
        if elapsed > Self.overloadFactor * limits.seconds + Self.startSeconds { return .overload }
        return now >= deadline ? .deadline : nil
    }

    /// Whether a program has written more than it may.
    package func isOutputExcess(_ bytes: Int) -> Bool { bytes > limits.outputBytes }
}
