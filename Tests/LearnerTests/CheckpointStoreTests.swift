import Foundation
import Learner
import Model
import Testing

/// A run goes on from its checkpoint as if it had never stopped.
@Suite struct CheckpointStoreTests {
    let fixture: TrainingFixture

    init() throws { fixture = try TrainingFixture() }

    private func withStore(keep: Int = 2, _ body: (CheckpointStore) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        try body(CheckpointStore(directory: path, keep: keep))
    }

    private func write(
        _ trainer: PolicyTrainer, step: Int, earlier: [PolicySnapshot] = [], to store: CheckpointStore
    ) throws {
        var progress = RunProgress(start: trainer.snapshot)
        progress.step = step
        progress.optimizerSteps = trainer.optimizer.stepCount
        progress.updates = trainer.optimizer.stepCount
        progress.nextGroup = UInt64(step) * 10
        progress.accounts.dropped = ["over_age": 3]
        let model = try ModelDirectory(configuration: fixture.configuration, policy: trainer.snapshot)
        try store.write(
            CheckpointContent(
                progress: progress, model: model, earlier: earlier, configuration: "run:\n",
                optimizer: trainer.optimizer))
    }

    @Test func whatFollowsARestartIsBitForBitWhatWouldHaveFollowed() throws {
        try withStore { store in
            // AdamW's usual ε, a warm-up and two updates a step: momenta and counts all matter.
            func settings(_ settings: inout TrainingSettings) {
                settings.adam.epsilon = 1e-8
                settings.learningRate = LearningRateSchedule(
                    peak: 1e-3, warmUpSteps: 9, decay: .constant, totalSteps: 100)
                settings.miniBatches = 2
            }
            let trainer = try fixture.trainer(settings)
            for seed in 1...2 { _ = try trainer.step(fixture.groups(4, seed: UInt64(seed))) }
            try write(trainer, step: 2, to: store)
            let (found, passedOver) = try store.newest(precision: .fp32)
            let checkpoint = try #require(found)
            let (state, progress) = (checkpoint.state, checkpoint.progress)
            #expect(passedOver.isEmpty && checkpoint.model.policy.sha256 == trainer.snapshot.sha256)
            #expect(progress.step == 2 && progress.nextGroup == 20 && progress.accounts.dropped == ["over_age": 3])

            let resumed = try fixture.trainer(from: state, settings)
            #expect(resumed.snapshot.version == 2)
            let next = try fixture.groups(4, seed: 3)
            let (first, second) = (try trainer.step(next), try resumed.step(next))
            #expect(first.learningRate == second.learningRate)
            #expect(trainer.snapshot.sha256 == resumed.snapshot.sha256 && trainer.snapshot.version == 3)
        }
    }

    /// Every way in which the newest one may be damaged: the one before it is taken, and the damaged one is named.
    @Test(arguments: [
        "model/model.safetensors", "optimizer.safetensors", "progress.json", "model/config.json",
        "versions.safetensors", "run.yaml", "manifest.json",
    ])
    func aDamagedCheckpointIsPassedOverByName(file: String) throws {
        try withStore { store in
            let trainer = try fixture.trainer()
            try write(trainer, step: 1, to: store)
            _ = try trainer.step(fixture.groups(2))
            try write(trainer, step: 2, earlier: [fixture.start], to: store)
            let path = URL(fileURLWithPath: store.path(step: 2) + "/" + file)
            let content = try Data(contentsOf: path)
            try content.prefix(content.count / 2).write(to: path)
            let (found, passedOver) = try store.newest(precision: .fp32)
            #expect(found?.progress.step == 1 && found?.model.policy.sha256 == fixture.start.sha256)
            #expect(passedOver.count == 1 && passedOver[0].contains("step-2"), "\(passedOver)")
        }
    }

    @Test func aFlippedBitInTheWeightsIsFoundByTheirHash() throws {
        try withStore { store in
            try write(try fixture.trainer(), step: 7, to: store)
            let path = URL(fileURLWithPath: store.path(step: 7) + "/model/model.safetensors")
            var content = try Data(contentsOf: path)
            content[content.count - 5] ^= 1
            try content.write(to: path)
            let (found, passedOver) = try store.newest(precision: .fp32)
            #expect(
                found == nil && passedOver.count == 1 && passedOver[0].contains("model.safetensors hashes"),
                "\(passedOver)")
        }
    }

    /// Moments and earlier versions are found out, too.
    @Test(arguments: ["optimizer.safetensors", "versions.safetensors"])
    func aFlippedBitAnywhereIsFound(file: String) throws {
        try withStore { store in
            try write(try fixture.trainer(), step: 7, earlier: [fixture.start], to: store)
            let path = URL(fileURLWithPath: store.path(step: 7) + "/" + file)
            var content = try Data(contentsOf: path)
            content[content.count - 5] ^= 1
            try content.write(to: path)
            let (found, passedOver) = try store.newest(precision: .fp32)
            #expect(found == nil && passedOver.count == 1 && passedOver[0].contains(file), "\(passedOver)")
        }
    }

    @Test func versionsThatLeasesMayNameAreKept() throws {
        try withStore { store in
            let trainer = try fixture.trainer()
            var versions = [trainer.snapshot]
            for seed in 1...3 {
                _ = try trainer.step(fixture.groups(2, seed: UInt64(seed)))
                versions.append(trainer.snapshot)
            }
            try write(trainer, step: 3, earlier: Array(versions[1...2]), to: store)
            let found = try #require(try store.newest(precision: .fp32).found)
            #expect(found.earlier.map(\.version) == [1, 2])
            #expect(found.earlier.map(\.sha256) == versions[1...2].map(\.sha256))
        }
    }

    /// What a crash left in the middle of writing is no checkpoint, and does not stay.
    @Test func halfACheckpointIsNone() throws {
        try withStore { store in
            try write(try fixture.trainer(), step: 1, to: store)
            let half = store.directory + "/.writing-5"
            try FileManager.default.copyItem(atPath: store.path(step: 1), toPath: half)
            #expect(try store.newest(precision: .fp32).found?.progress.step == 1)
            try write(try fixture.trainer(), step: 6, to: store)
            #expect(!FileManager.default.fileExists(atPath: half))
        }
    }

    @Test func aStepThatIsWrittenTwiceIsThereOnce() throws {
        try withStore { store in
            for _ in 0..<2 { try write(try fixture.trainer(), step: 4, to: store) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: store.directory) == ["step-4"])
            #expect(try store.newest(precision: .fp32).passedOver.isEmpty)
        }
    }

    @Test func onlyTheNewestAreKept() throws {
        try withStore(keep: 2) { store in
            let trainer = try fixture.trainer()
            for step in [1, 2, 10, 9] { try write(trainer, step: step, to: store) }
            let names = try FileManager.default.contentsOfDirectory(atPath: store.directory)
            #expect(Set(names) == ["step-9", "step-10"])
            #expect(try store.newest(precision: .fp32).found?.progress.step == 10)
        }
    }

    /// A crash between the two renames that put a step's second checkpoint in place of its first.
    @Test func aCrashDuringAReplacementCostsNothing() throws {
        try withStore { store in
            let trainer = try fixture.trainer()
            try write(trainer, step: 1, to: store)
            try FileManager.default.moveItem(
                atPath: store.path(step: 1), toPath: store.directory + "/.retired-step-1")
            #expect(try store.newest(precision: .fp32).found?.progress.step == 1)
            try write(trainer, step: 2, to: store)
            #expect(try store.steps() == [1, 2])
        }
    }

    /// A journal that ends before a checkpoint would have the batches in between trained twice.
    @Test func whatIsNewerThanTheJournalIsPassedOver() throws {
        try withStore { store in
            let trainer = try fixture.trainer()
            for step in [2, 40, 60] {
                try write(trainer, step: step, to: CheckpointStore(directory: store.directory, keep: 3))
            }
            let (found, passedOver) = try store.newest(precision: .fp32, through: 3)
            #expect(found?.progress.step == 2 && passedOver.count == 2)
            #expect(passedOver.allSatisfy { $0.contains("ends at step 3") })
            // What the run writes from now on is kept, and found.
            for step in [3, 4, 5] { try write(trainer, step: step, to: store) }
            #expect(try store.steps() == [4, 5])
            #expect(try store.newest(precision: .fp32, through: 5).found?.progress.step == 5)
            #expect(try store.newest(precision: .fp32, through: 1).found == nil)
        }
    }

    @Test func withoutCheckpointsThereIsNothingToGoOnFrom() throws {
        try withStore { store in
            let (found, passedOver) = try store.newest(precision: .fp32)
            #expect(found == nil && passedOver.isEmpty)
        }
    }
}
