import Configuration
package import Model

/// Where a learner begins: at the configured policy, or at the newest whole checkpoint of the run.
struct RunOrigin {
    let model: ModelDirectory
    let state: TrainingState
    let progress: RunProgress
    let tokenizer: [UInt8]
    /// Checkpoints that were passed over, and why.
    let remarks: [String]

    init(_ run: RunConfiguration, checkpoints: CheckpointStore, resume: Bool) throws {
        let precision: ParameterPrecision = run.policy.precision == .bf16 ? .bf16 : .fp32
        let (found, passedOver) = resume ? checkpoints.newest(precision: precision) : (nil, [])
        remarks = passedOver
        if let found {
            (model, state, progress) = found
        } else {
            model = try ModelDirectory(path: run.policy.path, precision: precision, version: 0)
            state = TrainingState(policy: model.policy)
            progress = RunProgress(start: model.policy)
        }
        guard let tokenizer = model.companions["tokenizer.json"] else {
            throw LearnerError.noTokenizer(path: run.policy.path)
        }
        self.tokenizer = tokenizer
    }
}

extension RunProgress {
    /// Nothing done yet.
    package init(start policy: PolicySnapshot) {
        self.init(
            step: 0, version: policy.version, sha256: Hexadecimal.text(policy.sha256), optimizerSteps: 0, updates: 0,
            nextGroup: 0, nextPrompt: 0, accounts: Accounts(issued: 0, trained: 0, dropped: [:]))
    }

    /// Books a completed step. Groups still in flight or buffered will be issued again by a later life, so the accounts that
    /// a checkpoint keeps are those of settled groups.
    mutating func book(_ report: StepReport, policy: PolicySnapshot, ledger: Ledger) {
        step += 1
        version = policy.version
        sha256 = Hexadecimal.text(policy.sha256)
        updates += report.updates
        optimizerSteps += report.updates - report.skippedUpdates
        nextGroup = ledger.nextGroupID
        nextPrompt = ledger.oldestLivePrompt
        let settled = ledger.settled
        accounts = Accounts(
            issued: settled.trained + settled.droppedTotal, trained: settled.trained,
            dropped: Dictionary(uniqueKeysWithValues: settled.dropped.map { ($0.key.rawValue, $0.value) }))
    }
}

extension Ledger {
    /// The first prompt that a later life has to issue: none before it is live or owed.
    var oldestLivePrompt: UInt64 {
        min(
            groups.values.map(\.promptIndex).min() ?? nextPromptIndex,
            returnedPrompts.map(\.index).min() ?? nextPromptIndex)
    }

    /// Goes on where an earlier life of the run stopped.
    mutating func resume(from progress: RunProgress) {
        nextGroupID = progress.nextGroup
        nextPromptIndex = progress.nextPrompt
        settled.issued = progress.accounts.issued
        settled.trained = progress.accounts.trained
        for (reason, count) in progress.accounts.dropped {
            if let reason = DropReason(rawValue: reason) { settled.dropped[reason] = count }
        }
    }
}
