/// Decides when a program that failed may be started again; pure.
///
/// Owner: a slot of the pool. Invariant: the pause doubles with each failure in a row, from 100 ms to 30 s; a verdict ends the
/// row.
package struct RestartPolicy: Sendable {
    private static let firstPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(30)

    private var failures = 0
    /// When the next start is due; nil is at once.
    package private(set) var nextStart: ContinuousClock.Instant?

    package init() {}

    package mutating func failed(now: ContinuousClock.Instant) {
        let pause = Self.firstPause * (1 << min(failures, 16))
        failures += 1
        nextStart = now + min(pause, Self.longestPause)
    }

    package mutating func succeeded() {
        failures = 0
        nextStart = nil
    }
}
