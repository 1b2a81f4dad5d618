import Execution
import Model

/// The learner's computing, on a thread of its own so that messages are answered while a step is under way.
///
/// Owner: the learner actor. Invariant: one step at a time, in the order asked for.
actor Trainer {
    private let executor = ThreadExecutor(name: "apus-train")
    private let trainer: PolicyTrainer

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(start: TrainingState, configuration: ModelConfiguration, settings: TrainingSettings) {
        trainer = PolicyTrainer(start: start, configuration: configuration, settings: settings)
    }

    /// Trains on one batch; the policy is the next version.
    func step(_ groups: [Experience]) throws -> (report: StepReport, policy: PolicySnapshot) {
        let report = try trainer.step(groups)
        return (report, trainer.snapshot)
    }

    /// Writes what a later life needs to go on from here.
    func writeCheckpoint(_ progress: RunProgress, model: ModelDirectory, to store: CheckpointStore) throws {
        try store.write(progress, model: model.with(trainer.snapshot), optimizer: trainer.optimizer)
    }

    /// The newest policy.
    var policy: PolicySnapshot { trainer.snapshot }

    nonisolated func shutdown() { executor.shutdown() }
}
