import Telemetry
import Testing

/// Rates count what lies in their window and nothing else; waits are booked to their cause once.
struct MeterTests {
    private let start = ContinuousClock.now

    @Test func aSteadyRateIsFoundInEveryWindow() {
        var meter = RateMeter(start: start)
        for tenth in 0..<4000 { meter.add(5, now: start + .milliseconds(100 * tenth)) }
        let now = start + .milliseconds(399_950)
        for window in RateMeter.windows {
            #expect(abs(meter.rate(over: window, now: now) - 50) < 1.5)
        }
        #expect(meter.total == 20_000)
    }

    @Test func aBurstLeavesEachWindowInTurn() {
        var meter = RateMeter(start: start)
        meter.add(600, now: start + .seconds(100))
        func rates(_ second: Int) -> [Bool] {
            RateMeter.windows.map { meter.rate(over: $0, now: start + .seconds(second)) > 0 }
        }
        #expect(rates(101) == [true, true, true])
        #expect(rates(115) == [false, true, true])
        #expect(rates(165) == [false, false, true])
        #expect(rates(401) == [false, false, false])
        // A long silence and a new count: the old bucket of the same place must not come back.
        meter.add(1, now: start + .seconds(700))
        #expect(abs(meter.rate(over: 300, now: start + .milliseconds(700_500)) - 1 / 299.5) < 1e-9)
    }

    @Test func aYoungMeterDividesByItsAge() {
        var meter = RateMeter(start: start)
        meter.add(100, now: start + .seconds(3))
        #expect(meter.rate(over: 300, now: start + .seconds(4)) == 25)
        #expect(RateMeter(start: start).rate(over: 10, now: start) == 0)
    }

    @Test func waitsAreBookedByCause() {
        var clock = WaitClock()
        #expect(clock.current == nil)
        clock.begin("groups", now: start)
        clock.begin("publish", now: start + .seconds(1))
        clock.begin("groups", now: start + .seconds(2))
        #expect(clock.current?.cause == "groups")
        #expect(clock.current?.since == start)
        clock.end("groups", now: start + .seconds(3))
        #expect(clock.totals(now: start + .seconds(4)) == ["groups": 4, "publish": 3])
        clock.end("groups", now: start + .seconds(5))
        #expect(clock.current?.cause == "publish")
        #expect(clock.totals(now: start + .seconds(9)) == ["groups": 5, "publish": 8])
    }

    @Test func takingGivesEachSecondOnce() {
        var clock = WaitClock()
        clock.begin("groups", now: start)
        #expect(clock.take(now: start + .seconds(2)) == ["groups": 2])
        clock.end("groups", now: start + .seconds(3))
        #expect(clock.take(now: start + .seconds(10)) == ["groups": 1])
        #expect(clock.take(now: start + .seconds(20)) == [:])
    }

    @Test func reasonsAddUp() {
        var counter = ReasonCounter()
        counter.add(reason: "timeout")
        counter.add(2, reason: "crash")
        counter.add(reason: "timeout")
        #expect(counter["timeout"] == 2 && counter["crash"] == 2 && counter["none"] == 0 && counter.total == 4)
    }
}
