import Configuration
import Model
package import RunStore

/// Trains a run again from its journal and compares every step's weights with those it had.
///
/// Role: the proof of promise 6 for a bounded schedule, whose batches depend on timing: what the journal says of them is all
/// that matters. Owner: one call of `apus replay`. Synchronous; reads the run's directory and changes nothing.
package struct RunReplay {
    private let database: RunDatabase
    private let steps: [StoredRun.Step]
    private let hashes: [UInt64: String]
    private let policyPath: String?
    private let threads: Int?

    /// - Parameters:
    ///   - directory: the run's directory; the run may be going on.
    ///   - policyPath: the policy that the run began with; nil for the one its configuration names.
    ///   - threads: compute threads; nil as the run had. The weights do not depend on them.
    package init(directory: String, policyPath: String?, threads: Int?) throws {
        database = try RunDatabase(reading: RunDatabase.path(run: directory))
        steps = try database.steps(after: 0).filter { $0.sha256 != nil }
        hashes = try database.versionHashes()
        self.policyPath = policyPath
        self.threads = threads
    }

    /// Steps that the journal holds.
    package var stepCount: Int { steps.count }

    /// Does the first `limit` steps again. `report` hears of each; throws at the first that gives other weights, or whose groups
    /// were pruned.
    package func run(limit: Int, report: (StoredRun.Step) -> Void) throws {
        guard let first = steps.first else { return }
        var run = try configuration(of: first)
        let start = try startingPolicy(run)
        var trainer = PolicyTrainer(
            start: TrainingState(policy: start.policy), reference: start.policy, configuration: start.configuration,
            settings: try settings(run))
        let reader = BatchReader(database: database, hashes: hashes)
        var life = first.life
        for step in steps.prefix(limit) {
            if step.life != life {
                // Another life of the learner may have had other settings.
                run = try configuration(of: step)
                life = step.life
                trainer = PolicyTrainer(
                    start: trainer.state, reference: start.policy, configuration: start.configuration,
                    settings: try settings(run))
            }
            _ = try trainer.step(reader.batch(step))
            try StepVerification(database: database, run: run).check(trainer.snapshot, of: step)
            report(step)
        }
    }

    private func configuration(of step: StoredRun.Step) throws -> RunConfiguration {
        guard let json = try database.configuration(life: step.life) else {
            throw RunStoreError.damaged(
                path: database.path, what: "the configuration of step \(step.number) is missing")
        }
        return try RunConfiguration(json: json)
    }

    private func startingPolicy(_ run: RunConfiguration) throws -> ModelDirectory {
        let path = policyPath ?? run.policy.path
        let precision: ParameterPrecision = run.policy.precision == .bf16 ? .bf16 : .fp32
        let model = try ModelDirectory(path: path, precision: precision, version: 0)
        let found = Hexadecimal.text(model.policy.sha256)
        if let expected = hashes[0], expected != found {
            throw RecoveryError.anotherPolicy(path: path, expected: expected, found: found)
        }
        return model
    }

    private func settings(_ run: RunConfiguration) throws -> TrainingSettings {
        var settings = try TrainingSettings(run)
        // The audit compares sampling with training; here only training is done.
        settings.auditedGroups = 0
        if let threads { settings.threads = threads }
        return settings
    }
}
