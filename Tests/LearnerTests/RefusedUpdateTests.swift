import Foundation
import Learner
import Model
import ModelTestSupport
import Objective
import Testing
import Wire

/// What is not finite: nothing changes, the culprit is named, a few cases are kept for inspection (promise 7).
@Suite struct RefusedUpdateTests {
    let fixture: TrainingFixture
    let directory: String

    init() throws {
        fixture = try TrainingFixture()
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
    }

    private func makeTrainer(
        dumps: Int = 4, _ change: (inout TrainingSettings) -> Void = { _ in }
    ) throws -> PolicyTrainer {
        var settings = try TrainingSettings(fixture.run)
        settings.advantages = .centered
        settings.nonFiniteDumps = dumps
        change(&settings)
        return PolicyTrainer(
            start: TrainingState(policy: fixture.start), configuration: fixture.configuration, settings: settings,
            dumpDirectory: directory)
    }

    /// Four groups, of which the third got this score.
    private func groups(score: Double, seed: UInt64 = 7) throws -> [Experience] {
        try fixture.groups(4, seed: seed) { group in
            if group.groupID == 2 { group.responses[0].verdict.judgement = .correct(score: score) }
        }
    }

    private func removeDirectory() {
        #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: directory) }
    }

    @Test func aGroupThatOverflowsIsNamedAndDumped() throws {
        defer { removeDirectory() }
        let trainer = try makeTrainer()
        let report = try trainer.step(groups(score: 1e300))
        let refusal = try #require(report.refusals.first)
        #expect(report.updates == 1 && report.skippedUpdates == 1)
        #expect(refusal.version == 0 && refusal.update == 1 && refusal.reason.contains("loss"))
        #expect(refusal.groups.map(\.groupID) == [2])
        #expect(try #require(refusal.groups.first).what.contains("advantage"))

        guard case .written(let path) = refusal.dump else {
            Issue.record("\(refusal.dump)")
            return
        }
        let explanation = try String(contentsOfFile: path + "/report.json", encoding: .utf8)
        #expect(explanation.contains("\"group_id\":2") && explanation.contains("advantage"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let batch = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path + "/batch.json")))
        let list = try #require(batch as? [[String: Any]])
        #expect(list.count == 4)
        let responses = try #require(list[2]["responses"] as? [[String: Any]])
        #expect(responses[0]["advantage"] as? String == "inf")
        #expect((responses[0]["tokens"] as? [Int])?.count == (responses[0]["log_probabilities"] as? [Any])?.count)
        #expect(responses[1]["reward"] as? Double == 0.1)
    }

    /// Every number that the objective sees and gives is finite; what the backward makes of them is too large.
    @Test func aGradientThatOverflowsIsTracedToItsGroup() throws {
        defer { removeDirectory() }
        let trainer = try makeTrainer { $0.objective = REINFORCE() }
        let report = try trainer.step(groups(score: 3e38))
        let refusal = try #require(report.refusals.first)
        #expect(refusal.groups.map(\.groupID) == [2], "\(refusal)")
        #expect(try #require(refusal.groups.first).what[0].contains("gradient"))
        #expect(!refusal.tensors.isEmpty && refusal.tensors.allSatisfy { $0.nonFinite > 0 })
        #expect(trainer.snapshot.sha256 == fixture.start.sha256)
    }

    /// The gradient is finite, what the optimizer would make of it is not: no group is to blame, the tensors are named, and
    /// the trainer goes on as one that was spared.
    @Test func anUpdateThatOverflowsLeavesNoTrace() throws {
        defer { removeDirectory() }
        func make() throws -> PolicyTrainer {
            try makeTrainer {
                $0.miniBatches = 2
                // The first update takes every weight out of range, the later ones are ordinary.
                $0.learningRate = LearningRateSchedule(peak: 3e38, decay: .linear, totalSteps: 1)
                $0.adam.weightDecay = 1
            }
        }
        let trainer = try make()
        let report = try trainer.step(groups(score: 1))
        let refusal = try #require(report.refusals.first)
        #expect(report.refusals.count == 1 && refusal.update == 1)
        #expect(refusal.groups.isEmpty && !refusal.tensors.isEmpty)
        #expect(trainer.optimizer.stepCount == 1)
        #expect(trainer.optimizer.master.nonFiniteTensors.isEmpty)
        #expect(trainer.optimizer.firstMoment.nonFiniteTensors.isEmpty)
        #expect(trainer.optimizer.secondMoment.nonFiniteTensors.isEmpty)
    }

    @Test func dumpsAreBounded() throws {
        defer { removeDirectory() }
        let trainer = try makeTrainer(dumps: 2)
        let outcomes = try (0..<4).map { _ in try trainer.step(groups(score: 1e300)).refusals[0].dump }
        #expect(outcomes.count { if case .written = $0 { true } else { false } } == 2)
        #expect(outcomes[2] == .omitted && outcomes[3] == .omitted)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 2)
        // A later life of the run counts them, too.
        #expect(try makeTrainer(dumps: 2) { $0.miniBatches = 2 }.step(groups(score: 1e300)).skippedUpdates >= 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).count == 2)
    }

    /// The run does not depend on what it keeps for inspection.
    @Test func aDiskThatRefusesCostsOnlyTheDump() throws {
        let file = directory + "-file"
        try Data("in the way".utf8).write(to: URL(filePath: file))
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: file) } }
        var settings = try TrainingSettings(fixture.run)
        settings.advantages = .centered
        let trainer = PolicyTrainer(
            start: TrainingState(policy: fixture.start), configuration: fixture.configuration, settings: settings,
            dumpDirectory: file + "/nonfinite")
        let report = try trainer.step(groups(score: 1e300))
        guard case .failed(let reason)? = report.refusals.first?.dump else {
            Issue.record("\(report.refusals)")
            return
        }
        #expect(!reason.isEmpty && trainer.snapshot.version == 1)
    }
}
