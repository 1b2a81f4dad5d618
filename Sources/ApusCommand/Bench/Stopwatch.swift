import Glibc

/// Time since it was made, on the wall and of all processors that worked for this process. The second is what remains
/// meaningful on a busy machine; with several threads it counts their waiting for each other, too.
struct Stopwatch {
    private let wallClock = ContinuousClock()
    private let wallStart: ContinuousClock.Instant
    private let processorStart: Double

    init() {
        wallStart = wallClock.now
        processorStart = Self.processorSeconds()
    }

    var wallSeconds: Double { (wallClock.now - wallStart) / .seconds(1) }
    var processorSeconds: Double { Self.processorSeconds() - processorStart }

    /// POSIX counts a million clock ticks a second.
    private static func processorSeconds() -> Double { Double(clock()) / 1e6 }
}
