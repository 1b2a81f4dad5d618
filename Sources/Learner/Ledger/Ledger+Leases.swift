import Reward

/// A group on loan: the right of one worker to generate and submit it until `expiry`.
package struct GrantedLease: Sendable, Equatable {
    package let leaseID: UInt64
    package let groupID: UInt64
    /// Index of the group's prompt in the training task.
    package let promptIndex: UInt64
    /// 0 for the first worker that gets the group, counted up at every new lease of it.
    package let attempt: UInt32
    /// The version that must generate every token; nil in a bounded schedule.
    package let exactVersion: UInt64?
    package let expiry: ContinuousClock.Instant
}

extension Ledger {
    /// Grants up to `credits` leases: groups given back first, then prompts of dropped groups, then unseen prompts; in a
    /// lockstep schedule the earliest batch first.
    ///
    /// - Parameter onlyForNextBatch: what waits for training takes too much memory: only what the next batch still needs.
    package mutating func grant(
        to worker: WorkerIdentity, credits: Int, onlyForNextBatch: Bool = false, now: ContinuousClock.Instant
    ) -> [GrantedLease] {
        guard !isClosed else { return [] }
        var granted: [GrantedLease] = []
        while granted.count < credits, let groupID = nextGroup(onlyForNextBatch: onlyForNextBatch) {
            granted.append(lease(groupID, to: worker, now: now))
        }
        return granted
    }

    /// Extends the worker's leases. Returns those it no longer holds: it should abandon them.
    package mutating func renew(
        _ leaseIDs: [UInt64], by worker: WorkerIdentity, now: ContinuousClock.Instant
    ) -> [UInt64] {
        var lost: [UInt64] = []
        for leaseID in leaseIDs {
            if let groupID = leaseToGroup[leaseID], holder(of: groupID) == worker {
                groups[groupID]?.state = .leased(
                    leaseID: leaseID, worker: worker, expiry: now + limits.leaseDuration)
            } else if !acceptedLeases.contains(leaseID) {
                lost.append(leaseID)
            }
        }
        return lost
    }

    /// Takes back every lease whose time is over and returns their groups. They are leased again to whoever asks next.
    package mutating func expire(now: ContinuousClock.Instant) -> [UInt64] {
        takeBack(.expired) { _, _, expiry in expiry <= now }
    }

    /// Takes back every lease of a worker known to be gone.
    package mutating func release(_ worker: WorkerIdentity) -> [UInt64] {
        takeBack(.lost) { _, holder, _ in holder == worker }
    }

    /// Takes back leases that the worker itself returns. `failed`: it could not generate them; a group that fails several
    /// times is dropped.
    package mutating func giveBack(_ leaseIDs: [UInt64], by worker: WorkerIdentity, failed: Bool = false) -> [UInt64] {
        let returned = Set(leaseIDs)
        let taken = takeBack(failed ? .failed : .returned) { leaseID, holder, _ in
            holder == worker && returned.contains(leaseID)
        }
        guard failed else { return taken }
        for groupID in taken {
            groups[groupID]?.failures += 1
            if let group = groups[groupID], group.failures >= limits.maximumFailures { drop(groupID, reason: .failed) }
        }
        return taken
    }

    // MARK: Issuing

    private mutating func nextGroup(onlyForNextBatch: Bool) -> UInt64? {
        switch limits.schedule {
        case .bounded(_, let outstandingGroups):
            if onlyForNextBatch, groups.count - waiting.count >= limits.batchGroups { return nil }
            if let groupID = waiting.min() { return groupID }
            return groups.count < outstandingGroups ? issueNext() : nil
        case .lockstep(let lag):
            for batch in version...version + (onlyForNextBatch ? 0 : lag) {
                if let groupID = waiting.filter({ groups[$0]?.batch == batch }).min() { return groupID }
                if batches[batch, default: LockstepBatch()].missing(of: limits.batchGroups) {
                    return issueCandidate(of: batch)
                }
            }
            return nil
        }
    }

    private mutating func issueNext() -> UInt64 {
        let prompt: (index: UInt64, issue: UInt32)
        if returnedPrompts.isEmpty {
            prompt = (PromptNumber(stage: curriculum.stage, position: nextPrompt).index, 0)
            nextPrompt += 1
        } else {
            prompt = returnedPrompts.removeFirst()
        }
        let groupID = nextGroupID
        nextGroupID += 1
        issue(groupID, Group(promptIndex: prompt.index, batch: nil, issue: prompt.issue))
        return groupID
    }

    private mutating func issueCandidate(of batch: UInt64) -> UInt64 {
        let candidate = batches[batch, default: LockstepBatch()].issued
        batches[batch, default: LockstepBatch()].issued += 1
        let groupID = LockstepBatch.group(batch: batch, candidate: candidate, groups: limits.batchGroups)
        let prompt = PromptNumber(stage: curriculum.stage(of: limits.schedule.generator(of: batch)), position: groupID)
        issue(groupID, Group(promptIndex: prompt.index, batch: batch, issue: 0))
        return groupID
    }

    private mutating func issue(_ groupID: UInt64, _ group: Group) {
        precondition(groups[groupID] == nil, "group \(groupID) is issued once")
        groups[groupID] = group
        waiting.insert(groupID)
        settled.issued += 1
        events.append(
            .issued(groupID: groupID, promptIndex: group.promptIndex, batch: group.batch, issue: group.issue))
    }

    // MARK: Leasing

    private mutating func lease(
        _ groupID: UInt64, to worker: WorkerIdentity, now: ContinuousClock.Instant
    ) -> GrantedLease {
        guard var group = groups[groupID] else { preconditionFailure("group \(groupID) is not live") }
        let leaseID = nextLeaseID
        nextLeaseID += 1
        let expiry = now + limits.leaseDuration
        let granted = GrantedLease(
            leaseID: leaseID, groupID: groupID, promptIndex: group.promptIndex, attempt: group.attempts,
            exactVersion: group.batch.map(limits.schedule.generator), expiry: expiry)
        group.attempts += 1
        group.state = .leased(leaseID: leaseID, worker: worker, expiry: expiry)
        groups[groupID] = group
        waiting.remove(groupID)
        leaseToGroup[leaseID] = groupID
        events.append(.leased(granted, to: worker))
        return granted
    }

    private func holder(of groupID: UInt64) -> WorkerIdentity? {
        if case .leased(_, let worker, _)? = groups[groupID]?.state { worker } else { nil }
    }

    private mutating func takeBack(
        _ outcome: LeaseOutcome, where isOver: (UInt64, WorkerIdentity, ContinuousClock.Instant) -> Bool
    ) -> [UInt64] {
        var taken: [UInt64] = []
        for (leaseID, groupID) in leaseToGroup {
            if case .leased(_, let worker, let expiry)? = groups[groupID]?.state, isOver(leaseID, worker, expiry) {
                taken.append(groupID)
            }
        }
        taken.sort()
        for groupID in taken { endLease(of: groupID, outcome) }
        return taken
    }

    /// The group waits for another worker.
    private mutating func endLease(of groupID: UInt64, _ outcome: LeaseOutcome) {
        guard case .leased(let leaseID, _, _)? = groups[groupID]?.state else {
            preconditionFailure("group \(groupID) is not on loan")
        }
        leaseToGroup[leaseID] = nil
        groups[groupID]?.state = .waiting
        waiting.insert(groupID)
        events.append(.leaseEnded(leaseID: leaseID, groupID: groupID, outcome: outcome))
    }
}
