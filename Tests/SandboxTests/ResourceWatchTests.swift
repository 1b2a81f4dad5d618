import Sandbox
import Testing

@Suite struct ResourceWatchTests {
    static let start = ContinuousClock.now
    let watch = ResourceWatch(
        limits: ResourceLimits(seconds: 2, memoryBytes: 1_000, outputBytes: 10), start: start,
        deadline: start + .seconds(100))

    private func excess(
        after seconds: Double, processor: Double = 0, memory: Int = 0, waited: Double = 0, output: Int = 0
    ) -> ResourceWatch.Excess? {
        var usage = ResourceUsage()
        usage.processorSeconds = processor
        usage.memoryBytes = memory
        usage.waitedForProcessorSeconds = waited
        return watch.excess(of: usage, outputBytes: output, now: Self.start + .seconds(seconds))
    }

    @Test func withinTheLimitsNothingHappens() {
        #expect(excess(after: 2.4, processor: 2, memory: 1_000, output: 10) == nil)
    }

    @Test func eachLimitIsToldApart() {
        #expect(excess(after: 1, processor: 2.1) == .time)
        #expect(excess(after: 2.6) == .time)
        #expect(excess(after: 1, memory: 1_001) == .memory)
        #expect(excess(after: 1, output: 11) == .output)
    }

    @Test func waitingForABusyMachineIsNotTheProgramsOwnTime() {
        #expect(excess(after: 8, processor: 1, waited: 6) == nil)
        #expect(excess(after: 8.6, processor: 1, waited: 6.5) == .overload)
        // Who keeps the machine busy himself pays with processor time.
        #expect(excess(after: 3, processor: 2.1, waited: 2.9) == .time)
    }

    @Test func theDeadlineComesLast() {
        let late = ResourceWatch(
            limits: ResourceLimits(seconds: 200), start: Self.start, deadline: Self.start + .seconds(100))
        #expect(late.excess(of: ResourceUsage(), outputBytes: 0, now: Self.start + .seconds(100)) == .deadline)
        #expect(excess(after: 100, processor: 3) == .time)
    }
}
