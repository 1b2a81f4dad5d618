import Reward
import RunStore

extension Ledger {
    /// Takes up the book as the journal has it. Leases go on: a worker that survived the learner may still deliver.
    ///
    /// - Parameters:
    ///   - verdicts: what the curriculum has counted, and will count.
    ///   - source: which of the task's sources a prompt is from.
    mutating func restore(
        _ run: StoredRun, decided: [UInt64]?, verdicts: [GroupVerdicts] = [], source: (UInt64) -> Int = { _ in 0 },
        now: ContinuousClock.Instant
    ) {
        precondition(groups.isEmpty && settled.issued == 0, "a ledger is restored before it is used")
        settled.issued = run.issued
        settled.trained = run.trained
        for (name, count) in run.dropped {
            guard let reason = DropReason(rawValue: name) else { preconditionFailure("groups dropped for '\(name)'") }
            settled.dropped[reason] = count
        }
        for stored in run.live { restore(stored, now: now) }
        for batch in run.batches {
            batches[batch.number] = LockstepBatch(issued: batch.issued, unusable: batch.unusable)
        }
        returnedPrompts = run.returnedPrompts.filter { $0.issue < limits.maximumIssues }
        for leaseID in run.acceptedLeases { acceptedLeases.insert(leaseID) }
        nextGroupID = run.nextGroupID
        nextPrompt = run.nextPrompt
        self.decided = decided
        restoreCurriculum(verdicts, source: source, steps: run.lastStep)
        advance(to: UInt64(run.lastStep))
    }

    private mutating func restore(_ stored: StoredRun.LiveGroup, now: ContinuousClock.Instant) {
        var group = Group(promptIndex: stored.promptIndex, batch: stored.batch, issue: stored.issue)
        group.attempts = stored.attempts
        group.failures = stored.failures
        if let oldestVersion = stored.oldestVersion {
            group.state = .buffered(oldestVersion: oldestVersion)
            arrivals.append(stored.groupID)
        } else if let lease = stored.lease {
            group.state = .leased(
                leaseID: lease.leaseID, worker: WorkerIdentity(id: lease.worker, incarnation: lease.incarnation),
                expiry: now + limits.leaseDuration)
            leaseToGroup[lease.leaseID] = stored.groupID
        } else {
            waiting.insert(stored.groupID)
        }
        groups[stored.groupID] = group
    }

    /// Goes on from a checkpoint whose run has no journal: no group before it is live.
    mutating func begin(at progress: RunProgress) {
        nextGroupID = progress.nextGroup
        nextPrompt = progress.nextPrompt
        if let curriculum = progress.curriculum { self.curriculum = curriculum }
        advance(to: UInt64(progress.step))
    }

    /// Who holds leases.
    var holders: Set<WorkerIdentity> {
        Set(
            leaseToGroup.values.compactMap { groupID in
                if case .leased(_, let worker, _)? = groups[groupID]?.state { worker } else { nil }
            })
    }

    /// The first prompt that a run without this journal would have to issue: none before it is live or owed.
    package var oldestLivePrompt: UInt64 {
        let indices = groups.values.map(\.promptIndex) + returnedPrompts.map(\.index)
        return indices.map { PromptNumber($0).position }.min() ?? nextPrompt
    }
}
