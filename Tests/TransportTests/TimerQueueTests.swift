import Testing
import Transport

@Suite struct TimerQueueTests {
    /// Against a list, over random timers, cancellations and times; most are cancelled, as deadlines are.
    @Test(arguments: 0..<30)
    func dueTimersComeInOrderOnceAndCancelledOnesNever(seed: UInt64) {
        var random = SplitMix(state: seed)
        let start = ContinuousClock.now
        var now = start
        var queue = TimerQueue<Int>()
        var model: [(due: ContinuousClock.Instant, index: Int, token: TimerToken)] = []
        for index in 0..<3000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let due = now + .milliseconds(Int.random(in: 0...20, using: &random))
                model.append((due, index, queue.schedule(at: due, index)))
            case 5..<9:
                guard let chosen = model.indices.randomElement(using: &random) else { continue }
                let token = model.remove(at: chosen).token
                let wasSet = queue.cancel(token), isSetAgain = queue.cancel(token)
                #expect(wasSet && !isSetAgain)
            default:
                now += .milliseconds(Int.random(in: 0...10, using: &random))
                let expected = model.filter { $0.due <= now }.sorted { ($0.due, $0.index) < ($1.due, $1.index) }
                model.removeAll { $0.due <= now }
                var popped: [Int] = []
                while let index = queue.popDue(at: now) { popped.append(index) }
                #expect(popped == expected.map(\.index))
                let areSet = expected.map { queue.cancel($0.token) }
                #expect(!areSet.contains(true))
            }
            #expect(queue.count == model.count)
            let nextDue = queue.nextDue
            #expect(nextDue == model.map(\.due).min())
        }
    }

    /// Every request sets a deadline and takes it back: that must not pile up.
    @Test func cancelledTimersTakeNoRoom() {
        var queue = TimerQueue<Int>()
        let due = ContinuousClock.now + .seconds(600)
        for index in 0..<10_000 { queue.cancel(queue.schedule(at: due, index)) }
        #expect(queue.count == 0)
        #expect(queue.storedEntries <= 64)
    }
}
