import Execution
import Model

/// Writes checkpoints on a thread of its own, while training goes on.
///
/// Owner: the learner actor. Invariant: one at a time, in the order asked for.
actor CheckpointWriter {
    private let executor = ThreadExecutor(name: "apus-checkpoint")
    private let store: CheckpointStore

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ store: CheckpointStore) { self.store = store }

    func write(_ content: CheckpointContent) throws { try store.write(content) }

    /// Exports the policy as a Hugging Face model.
    func export(_ content: CheckpointContent, to path: String) throws { try content.model.save(to: path) }

    /// The oldest step that a checkpoint was kept of.
    func oldestStep() throws -> Int? { try store.steps().first }

    nonisolated func shutdown() { executor.shutdown() }
}
