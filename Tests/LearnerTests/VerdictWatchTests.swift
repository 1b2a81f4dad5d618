import Learner
import Testing
import Wire

@Suite struct VerdictWatchTests {
    @Test func anAlarmPerWindowAboveTheShare() {
        var watch = VerdictWatch(window: 8, alarmShare: 0.25)
        #expect(watch.add([nil, nil, nil, "timeout"]) == nil)
        // Two of eight is not more than a quarter.
        #expect(watch.add([nil, nil, nil, "crash"]) == nil)
        #expect(watch.add(["timeout", "timeout", nil, nil]) == nil)
        let alarm = watch.add([nil, nil, nil, "crash"])
        #expect(alarm?.verdicts == 8 && alarm?.unknown == ["timeout": 2, "crash": 1] && alarm?.share == 0.375)
        #expect(watch.received == 16)
        #expect(watch.unknown == ["timeout": 3, "crash": 2])
        // The next window starts afresh.
        #expect(watch.add(Array(repeating: nil, count: 8)) == nil)
    }

    @Test func aShareOfOneNeverAlarms() {
        var watch = VerdictWatch(window: 2, alarmShare: 1)
        #expect(watch.add(["crash", "crash"]) == nil)
        var strict = VerdictWatch(window: 2, alarmShare: 0)
        #expect(strict.add(["crash", nil]) != nil)
        #expect(strict.add([nil, nil]) == nil)
    }

    /// Groups that are dropped for their unknown verdicts count too: a run in which all are unknown takes no step.
    @Test func theLearnerReportsWhatItDrops() throws {
        var learner = try LearnerFixture { $0.unknownAlarmShare = 0.5 }
        _ = learner.join("w")
        let lease = learner.lease("w")[0]
        #expect(learner.submit(LearnerFixture.group(lease, rewards: [nil, nil]), "w") == .accepted)
        #expect(learner.core.verdicts.received == 2)
        #expect(learner.core.verdicts.unknown.values.reduce(0, +) == 2)
        #expect(learner.alarms.count == 1)
        #expect(learner.core.ledger.conservation.dropped == [.unknownReward: 1])
    }
}
