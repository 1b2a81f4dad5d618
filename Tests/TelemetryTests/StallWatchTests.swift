import Telemetry
import Testing

@Suite struct StallWatchTests {
    private let start = ContinuousClock.now
    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func aStallIsToldOnceThenNowAndThenAndWhenItIsOver() {
        var watch = StallWatch(threshold: .seconds(5))
        let waits = ["verdict from a": start]
        #expect(watch.look(at: waits, now: at(5)) == nil)
        #expect(watch.look(at: waits, now: at(6)) == .stalled([.init(cause: "verdict from a", duration: .seconds(6))]))
        for second in 7..<16 { #expect(watch.look(at: waits, now: at(second)) == nil) }
        #expect(
            watch.look(at: waits, now: at(16)) == .stalled([.init(cause: "verdict from a", duration: .seconds(16))]))
        #expect(watch.look(at: [:], now: at(17)) == .over(.seconds(17)))
        #expect(watch.look(at: [:], now: at(18)) == nil)
    }

    @Test func anotherStallIsToldAtOnceAndTheLongestComesFirst() {
        var watch = StallWatch(threshold: .seconds(5))
        #expect(watch.look(at: ["a": at(3)], now: at(10)) == .stalled([.init(cause: "a", duration: .seconds(7))]))
        let both = StallWatch.News.stalled([
            .init(cause: "b", duration: .seconds(10)), .init(cause: "a", duration: .seconds(8)),
        ])
        #expect(watch.look(at: ["a": at(3), "b": at(1)], now: at(11)) == both)
        // One of two ends: the other goes on, and the whole stall began with the first.
        #expect(watch.look(at: ["a": at(3)], now: at(12)) == .stalled([.init(cause: "a", duration: .seconds(9))]))
        #expect(watch.look(at: ["a": at(12)], now: at(13)) == .over(.seconds(12)))
    }
}
