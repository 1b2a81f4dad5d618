import Configuration
import Foundation
package import Model
import RunStore

/// What a learner begins with: the configured policy and an empty journal, or the newest whole checkpoint and the journal of
/// what happened since.
struct RunOrigin {
    let model: ModelDirectory
    let state: TrainingState
    let progress: RunProgress
    /// Versions before the state's that leases may name, oldest first.
    let earlier: [PolicySnapshot]
    let tokenizer: [UInt8]
    let database: RunDatabase
    /// The ledger as the journal left it.
    let stored: StoredRun
    /// Steps that are finished in the journal but newer than the checkpoint: to be done again.
    let redo: [StoredRun.Step]
    /// The policy that the run began with, if the objective holds on to it.
    let reference: PolicySnapshot?
    /// Checkpoints that were passed over, and why.
    let remarks: [String]

    init(_ run: RunConfiguration, directory: String, resume: Bool) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = RunDatabase.path(run: directory)
        database = try RunDatabase(
            path: path, run: run.run.name, seed: run.run.seed, survivesPowerLoss: run.journal.durability == .disk)
        stored = try database.restore(
            reissued: [DropReason.overAge, .unknownReward].map(\.rawValue), acceptedLeases: 65_536)
        if !resume, stored.issued > 0 {
            throw RecoveryError.runExists(directory: directory, steps: stored.lastStep)
        }
        let precision: ParameterPrecision = run.policy.precision == .bf16 ? .bf16 : .fp32
        let checkpoints = CheckpointStore(directory: directory + "/checkpoints", keep: run.checkpoint.keep)
        let last = stored.issued > 0 ? stored.lastStep : .max
        let (found, passedOver) = resume ? try checkpoints.newest(precision: precision, through: last) : (nil, [])
        remarks = passedOver
        if let found {
            (model, state, progress, earlier) = (found.model, found.state, found.progress, found.earlier)
        } else {
            model = try ModelDirectory(path: run.policy.path, precision: precision, version: 0)
            state = TrainingState(policy: model.policy)
            progress = RunProgress(start: model.policy)
            earlier = []
        }
        redo = try database.steps(after: progress.step).filter { $0.sha256 != nil }
        reference = try Self.reference(run, precision: precision, start: found == nil ? model.policy : nil, stored)
        guard let tokenizer = model.companions["tokenizer.json"] else {
            throw LearnerError.noTokenizer(path: run.policy.path)
        }
        self.tokenizer = tokenizer
        try checkPolicy(run)
    }

    /// The journal's version and the checkpoint's (or the configured policy) must be the same weights.
    private func checkPolicy(_ run: RunConfiguration) throws {
        guard let expected = stored.hashes[progress.version], expected != progress.sha256 else { return }
        throw RecoveryError.anotherPolicy(path: run.policy.path, expected: expected, found: progress.sha256)
    }

    /// The policy that the run began with, if the objective holds on to it; the journal knows its hash. `start`: if it is
    /// loaded already.
    private static func reference(
        _ run: RunConfiguration, precision: ParameterPrecision, start: PolicySnapshot?, _ stored: StoredRun
    ) throws -> PolicySnapshot? {
        guard run.objective.referenceKL > 0 else { return nil }
        let policy =
            try start ?? ModelDirectory(path: run.policy.path, precision: precision, version: 0).policy
        let found = Hexadecimal.text(policy.sha256)
        guard let expected = stored.hashes[policy.version], expected != found else { return policy }
        throw RecoveryError.anotherPolicy(path: run.policy.path, expected: expected, found: found)
    }

    /// A run with checkpoints but without a journal, as when only those were copied.
    var isWithoutJournal: Bool { stored.issued == 0 && progress.step > 0 }
}

extension RunProgress {
    /// Nothing done yet.
    package init(start policy: PolicySnapshot) {
        self.init(
            step: 0, version: policy.version, sha256: Hexadecimal.text(policy.sha256), optimizerSteps: 0, updates: 0,
            nextGroup: 0, nextPrompt: 0, accounts: Accounts(issued: 0, trained: 0, dropped: [:]))
    }

    /// Books a completed step.
    mutating func book(_ report: StepReport, policy: PolicySnapshot) {
        step += 1
        version = policy.version
        sha256 = Hexadecimal.text(policy.sha256)
        updates += report.updates
        optimizerSteps += report.updates - report.skippedUpdates
    }

    /// Notes where the ledger stands, for whoever goes on without the journal.
    mutating func note(_ ledger: Ledger) {
        nextGroup = ledger.nextGroupID
        nextPrompt = ledger.oldestLivePrompt
        curriculum = ledger.limits.curriculum.map { _ in ledger.curriculum }
        let settled = ledger.settled
        accounts = Accounts(
            issued: settled.trained + settled.droppedTotal, trained: settled.trained,
            dropped: Dictionary(uniqueKeysWithValues: settled.dropped.map { ($0.key.rawValue, $0.value) }))
    }
}
