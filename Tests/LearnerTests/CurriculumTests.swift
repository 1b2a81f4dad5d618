import Learner
import Reward
import RunStore
import TestSupport
import Testing
import Wire

/// When the sources of a task open, and that it depends on nothing but the groups.
@Suite struct CurriculumTests {
    private static let rule = Curriculum.Rule(sources: 3, advanceAt: 0.75, windowGroups: 2)

    private func outcome(_ source: Int, _ correct: Int, of judged: Int = 4) -> Curriculum.Outcome {
        Curriculum.Outcome(source: source, correct: correct, judged: judged)
    }

    @Test func aSourceOpensOnceAWholeWindowOfTheNewestOneSucceeds() {
        var curriculum = Curriculum()
        // One group is no window, however good it is.
        #expect(curriculum.count([outcome(0, 4)], rule: Self.rule) == nil)
        #expect(curriculum.count([outcome(0, 1)], rule: Self.rule) == nil)
        #expect(curriculum.successRate == 5.0 / 8)
        // The older of the two is forgotten: 1 and 4 of 4 are not enough, 3 and 4 are.
        #expect(curriculum.count([outcome(0, 4)], rule: Self.rule) == nil && curriculum.stage == 0)
        #expect(curriculum.count([outcome(0, 3)], rule: Self.rule) == 7.0 / 8)
        #expect(curriculum.stage == 1 && curriculum.successRate == nil)
    }

    @Test func onlyTheNewestSourceCountsAndTheLastOneStays() {
        var curriculum = Curriculum()
        _ = curriculum.count([outcome(0, 4), outcome(0, 4)], rule: Self.rule)
        #expect(curriculum.count([outcome(0, 4), outcome(0, 4)], rule: Self.rule) == nil && curriculum.stage == 1)
        #expect(curriculum.count([outcome(1, 4), outcome(0, 0), outcome(1, 4)], rule: Self.rule) == 1)
        #expect(curriculum.count([outcome(2, 4), outcome(2, 4)], rule: Self.rule) == nil && curriculum.stage == 2)
    }

    /// A response that could not be judged is no failure.
    @Test func unknownVerdictsAreNotCounted() {
        var curriculum = Curriculum()
        #expect(curriculum.count([outcome(0, 0, of: 0), outcome(0, 3, of: 3)], rule: Self.rule) == 1)
        curriculum = Curriculum()
        #expect(curriculum.count([outcome(0, 0, of: 0), outcome(0, 0, of: 0)], rule: Self.rule) == nil)
    }

    private func fixture(_ schedule: Schedule, dynamic: Bool = false) throws -> LearnerFixture {
        var learner = try LearnerFixture {
            $0.batchGroups = 2
            $0.schedule = schedule
            $0.samplesDynamically = dynamic
            $0.curriculum = Self.rule
        }
        _ = learner.join("w", through: "w0")
        return learner
    }

    /// What a version generates was decided by the steps before it, however late a group of its batch is issued.
    @Test func aLateGroupOfALockstepBatchIsOfItsVersionsStage() throws {
        var learner = try fixture(.lockstep(lag: 2))
        let early = learner.lease("w0", credits: 4)
        #expect(early.map(\.groupID) == [0, 1, 2, 3])
        for lease in early { _ = learner.submit(LearnerFixture.group(lease, rewards: [1, 1]), "w0") }
        _ = learner.step()
        #expect(learner.opened == [1] && learner.core.ledger.curriculum.stage == 1)
        // Batch 2 is version 0's, whose stage was 0; batch 3 is version 1's.
        let late = learner.lease("w0", credits: 4)
        #expect(late.map(\.groupID) == [4, 5, 6, 7])
        #expect(late.map { self.stage($0.promptText) } == [0, 0, 1, 1])
    }

    @Test func aBoundedScheduleIssuesFromThePresentStage() throws {
        var learner = try fixture(.bounded(maximumStaleness: 2, outstandingGroups: 4))
        for lease in learner.lease("w0", credits: 2) {
            _ = learner.submit(LearnerFixture.group(lease, rewards: [1, 1]), "w0")
        }
        _ = learner.step()
        #expect(learner.lease("w0", credits: 4).map { self.stage($0.promptText) } == [1, 1, 1, 1])
        #expect(learner.core.ledger.oldestLivePrompt == 2)
    }

    private func stage(_ text: String) -> Int? {
        text.split(separator: " ").last.flatMap { UInt64($0) }.map { PromptNumber($0).stage }
    }

    /// Groups of which nothing can be learnt, because all responses are right, show all the more that the source is known.
    @Test func groupsWithoutSpreadCountThoughTheyAreNotTrained() throws {
        var learner = try fixture(.lockstep(lag: 0), dynamic: true)
        // Two to train on and, issued in the place of two without spread, the last two by number.
        for rewards in [[1.0, 1], [1, 1], [1, 0], [1, 0]] {
            for lease in learner.lease("w0") {
                _ = learner.submit(LearnerFixture.group(lease, version: learner.core.version, rewards: rewards), "w0")
            }
        }
        #expect(learner.step().count == 2)
        #expect(learner.core.ledger.curriculum.successRate == 0.5)
        for rewards in [[1.0, 0], [1, 1], [1, 1], [1, 0]] {
            for lease in learner.lease("w0") {
                _ = learner.submit(LearnerFixture.group(lease, version: learner.core.version, rewards: rewards), "w0")
            }
        }
        // By number: 1 of 2, 2 of 2, 2 of 2, 1 of 2; the window of two holds 3 of 4.
        #expect(learner.step().count == 2)
        #expect(learner.opened == [1])
    }

    /// The learner is killed after every step: what it has counted by then, it counts again from its journal.
    @Test(arguments: [
        Schedule.lockstep(lag: 0), .lockstep(lag: 2), .bounded(maximumStaleness: 2, outstandingGroups: 6),
    ])
    func theJournalBringsItBack(_ schedule: Schedule) throws {
        try LearnerCrashTests().withDatabase { database in
            var learner = try fixture(schedule, dynamic: schedule.staleness == 0)
            var random = SplitMix64(seed: 1)
            var written: UInt64 = 0
            for life in 1...40 as ClosedRange<UInt64> {
                for lease in learner.lease("w\(life - 1)", credits: 3) {
                    let rewards = (0..<2).map { _ in random.next() % 3 == 0 ? 0.0 : 1.0 }
                    _ = learner.submit(
                        LearnerFixture.group(
                            lease, version: lease.exactVersion ?? learner.core.version, rewards: rewards),
                        "w\(life - 1)")
                }
                _ = learner.step()
                let before = learner.core.ledger
                try LearnerCrashTests().crash(&learner, database, losing: 0, &written)
                #expect(learner.core.ledger.curriculum == before.curriculum)
                #expect(learner.core.ledger.outcomes == before.outcomes)
                _ = learner.join("w", incarnation: life + 1, through: "w\(life)")
            }
            #expect(learner.core.ledger.curriculum.stage == 2 && learner.opened == [1, 2])
        }
    }
}
