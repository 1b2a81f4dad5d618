import Execution
import Model

/// The learner's computing, on a thread of its own so that messages are answered while a step is under way.
///
/// Owner: the learner actor. Invariant: one step at a time, in the order asked for.
actor Trainer {
    private let executor = ThreadExecutor(name: "apus-train")
    private let trainer: PolicyTrainer

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        start: TrainingState, reference: PolicySnapshot?, configuration: ModelConfiguration,
        settings: TrainingSettings, dumpDirectory: String
    ) {
        trainer = PolicyTrainer(
            start: start, reference: reference, configuration: configuration, settings: settings,
            dumpDirectory: dumpDirectory)
    }

    /// Trains on one batch; the policy is the next version.
    func step(_ groups: [Experience]) throws -> (report: StepReport, policy: PolicySnapshot) {
        HoldPoint.step.reach()
        let report = try trainer.step(groups)
        return (report, trainer.snapshot)
    }

    /// Trains on a batch that is read here, where reading holds up nobody else.
    func step(
        reading batch: @Sendable () throws -> [Experience]
    ) throws -> (report: StepReport, policy: PolicySnapshot) {
        try step(batch())
    }

    /// Copies what a later life needs to go on from here.
    func checkpoint(
        _ progress: RunProgress, model: ModelDirectory, earlier: [PolicySnapshot], configuration: String
    ) throws -> CheckpointContent {
        CheckpointContent(
            progress: progress, model: try model.with(trainer.snapshot), earlier: earlier,
            configuration: configuration, optimizer: trainer.optimizer)
    }

    nonisolated func shutdown() { executor.shutdown() }
}
