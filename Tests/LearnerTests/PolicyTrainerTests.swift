import Learner
import Model
import ModelTestSupport
import Objective
import Tensor
import Testing
import Wire

/// What a step does to the policy, and what must make no difference to it.
@Suite struct PolicyTrainerTests {
    let fixture: TrainingFixture

    init() throws { fixture = try TrainingFixture() }

    @Test func aStepMakesTheNextVersionOfEveryMiniBatch() throws {
        let trainer = try fixture.trainer { $0.miniBatches = 3 }
        let report = try trainer.step(fixture.groups(6))
        #expect(report.updates == 3 && report.skippedUpdates == 0)
        #expect(trainer.snapshot.version == 1 && trainer.snapshot.sha256 != fixture.start.sha256)
        #expect(report.groups == 6 && report.responses == 24 && report.gradientNorm > 0)
        #expect(abs(report.accuracy - 0.25) < 1e-12 && abs(report.rewardMean - 0.4) < 1e-12)
    }

    /// μ is what sampled, π_old what the batch began with: the ratio must be against the latter.
    @Test func oldPolicyIsRecomputedNotTakenFromTheRollout() throws {
        let groups = try fixture.groups(2) { group in
            for index in group.logProbabilities.indices { group.logProbabilities[index] -= 0.25 }
        }
        let total = try fixture.trainer().step(groups).statistics.total
        #expect(total.maximumRatio == 1 && total.meanSequenceRatio == 1)
        #expect(abs(total.firstKL + 0.25) < 1e-5 && abs(total.maximumGap - 0.25) < 1e-5)
    }

    @Test func laterMiniBatchesMeetThePolicyOfTheBatchsBeginning() throws {
        let groups = try fixture.groups(4)
        let one = try fixture.trainer().step(groups).statistics.total
        let two = try fixture.trainer { $0.miniBatches = 2 }.step(groups).statistics.total
        #expect(one.maximumRatio == 1)
        #expect(two.maximumRatio != 1 && two.maximumGap == 0)
    }

    @Test func theSizeOfMicroBatchesChangesNothingButRounding() throws {
        let groups = try fixture.groups(6)
        func step(maximumRows: Int) throws -> (report: StepReport, change: [Float]) {
            let trainer = try fixture.trainer { $0.maximumRows = maximumRows }
            return (try trainer.step(groups), fixture.change(trainer.snapshot))
        }
        let whole = try step(maximumRows: 100_000)
        for maximumRows in [1, 90, 200] {
            let cut = try step(maximumRows: maximumRows)
            #expect(relativeFrobeniusError(cut.change, whole.change) < 1e-4, "\(maximumRows) rows")
            #expect(abs(cut.report.loss - whole.report.loss) < 1e-6)
            #expect(abs(cut.report.gradientNorm / whole.report.gradientNorm - 1) < 1e-5)
        }
    }

    /// A forced token is part of what later tokens see, but has no loss of its own: its log μ, however far off, and the
    /// tokens' number change nothing.
    @Test func forcedTokensAreNotTrained() throws {
        func step(_ forced: Range<Int>?, gap: Float) throws -> (StepReport, [Float]) {
            let groups = try fixture.groups(2) { group in
                for index in group.responses.indices where group.responses[index].tokenCount > 4 {
                    group.responses[index].forced = forced.map { [$0] } ?? []
                    let start = group.tokenRange(of: index).lowerBound
                    for token in 1..<3 { group.logProbabilities[start + token] -= gap }
                }
            }
            let trainer = try fixture.trainer()
            return (try trainer.step(groups), fixture.change(trainer.snapshot))
        }
        let (report, change) = try step(1..<3, gap: 0)
        #expect(report.gradientNorm > 0)
        #expect(try step(1..<3, gap: 3).1 == change)
        // Trained, they make another step; and so does their weight when log μ is off.
        let trained = try step(nil, gap: 0).1
        #expect(trained != change)
        #expect(try step(nil, gap: 3).1 != trained)
        // A response that is forced from end to end trains nothing and harms nothing.
        let all = try fixture.groups(2) { group in
            for index in group.responses.indices {
                group.responses[index].forced = [0..<Int(group.responses[index].tokenCount)]
            }
        }
        let nothing = try fixture.trainer()
        let idle = try nothing.step(all)
        #expect(idle.gradientNorm == 0 && fixture.change(nothing.snapshot).allSatisfy { $0 == 0 })
    }

    @Test func threadsChangeNoBit() throws {
        let groups = try fixture.groups(4)
        let hashes = try [1, 2].map { threads in
            let trainer = try fixture.trainer {
                $0.threads = threads
                $0.miniBatches = 2
            }
            for _ in 0..<2 { _ = try trainer.step(groups) }
            return trainer.snapshot.sha256
        }
        #expect(hashes[0] == hashes[1])
    }

    @Test(arguments: [ParameterPrecision.fp32, .bf16])
    func withoutAdvantagesTheWeightsStay(precision: ParameterPrecision) throws {
        let master = ParameterArena(fixture.start)
        let start = PolicySnapshot(
            version: 0, precision: precision, layout: fixture.start.layout,
            master: UnsafeBufferPointer(start: master.buffer.pointer, count: master.buffer.count))
        let trainer = try fixture.trainer(from: TrainingState(policy: start)) { $0.advantages = .zero }
        let report = try trainer.step(fixture.groups(3))
        #expect(trainer.snapshot.sha256 == start.sha256 && trainer.snapshot.version == 1)
        #expect(report.gradientNorm == 0 && report.skippedUpdates == 0)
    }

    @Test func groupsWithoutSpreadTeachNothingAndAreCounted() throws {
        let groups = try fixture.groups(3) { group in
            for index in group.responses.indices { group.responses[index].verdict.judgement = .correct(score: 1) }
        }
        let trainer = try fixture.trainer()
        #expect(try trainer.step(groups).zeroSpreadGroups == 3)
        #expect(trainer.snapshot.sha256 == fixture.start.sha256)
    }

    /// A response without a verdict is as if it had never been there.
    @Test func unknownVerdictsAreMasked() throws {
        let prompt: [Int32] = [9, 8, 7]
        let responses: [[Int32]] = [[1, 2, 3, 4], [5, 6, 7], [10, 11, 12, 13, 14], [20, 21]]
        var withUnknown = try fixture.group(prompt, responses, by: fixture.start)
        withUnknown.responses[2].verdict.judgement = .unknown(.timeout)
        var without = try fixture.group(prompt, [responses[0], responses[1], responses[3]], by: fixture.start)
        without.responses[2].verdict = withUnknown.responses[3].verdict

        let reports = try [withUnknown, without].map { group in
            let trainer = try fixture.trainer()
            let report = try trainer.step([Experience(group, promptIndex: 0, prompt: prompt)])
            return (report, fixture.change(trainer.snapshot))
        }
        #expect(reports[0].0.unknownByReason == ["timeout": 1] && reports[0].0.unknownVerdicts == 1)
        #expect(reports[0].0.statistics.total.sequences == 3 && reports[0].0.rewardMean == reports[1].0.rewardMean)
        #expect(relativeFrobeniusError(reports[0].1, reports[1].1) < 1e-4)
    }

    /// Rewards so large that the advantages overflow: the step is refused, counted, and leaves no trace.
    @Test func whatIsNotFiniteNeverReachesThePolicy() throws {
        let bad = try fixture.groups(4) { group in
            group.responses[0].verdict.judgement = .correct(score: 1e300)
        }
        let good = try fixture.groups(4, seed: 8)
        let hit = try fixture.trainer { settings in
            settings.advantages = .centered
            settings.miniBatches = 2
        }
        let report = try hit.step(bad)
        #expect(report.updates == 2 && report.skippedUpdates == 2)
        #expect(hit.snapshot.sha256 == fixture.start.sha256 && hit.snapshot.version == 1)
        #expect(hit.optimizer.stepCount == 0)

        let spared = try fixture.trainer { settings in
            settings.advantages = .centered
            settings.miniBatches = 2
        }
        _ = try hit.step(good)
        _ = try spared.step(good)
        #expect(hit.snapshot.sha256 == spared.snapshot.sha256)
    }
}
