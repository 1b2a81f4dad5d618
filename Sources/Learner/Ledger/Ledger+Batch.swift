/// What the ledger answers to a submitted group.
package enum SubmissionDecision: Sendable, Equatable {
    /// The group is the learner's from now on.
    case accept
    /// The same lease was accepted before: the worker missed the receipt.
    case duplicate
    /// The lease ended, and the group is somebody else's or settled. The sender was too late.
    case unknownLease
}

/// The outcome of an attempt to form a batch.
package enum BatchDecision: Sendable, Equatable {
    /// `groups` are to be trained by the coming step.
    case ready(groups: [UInt64])
    /// Too few groups within the staleness bound.
    case waiting(missing: Int)
}

extension Ledger {
    /// The prompt of a group that `worker` holds under this very lease, and the version that had to generate it; nil when the
    /// worker does not hold it.
    package func lent(
        leaseID: UInt64, groupID: UInt64, to worker: WorkerIdentity
    ) -> (promptIndex: UInt64, exactVersion: UInt64?)? {
        guard leaseToGroup[leaseID] == groupID, let group = groups[groupID],
            case .leased(leaseID, worker, _) = group.state
        else { return nil }
        return (group.promptIndex, group.batch.map(limits.schedule.generator))
    }

    /// Whether a submission under this lease was accepted before.
    package func wasAccepted(_ leaseID: UInt64) -> Bool { acceptedLeases.contains(leaseID) }

    /// Judges a submission. `oldestVersion` is the lowest version that produced any token of the group.
    package mutating func submit(
        leaseID: UInt64, groupID: UInt64, by worker: WorkerIdentity, oldestVersion: UInt64
    ) -> SubmissionDecision {
        if acceptedLeases.contains(leaseID) { return .duplicate }
        guard lent(leaseID: leaseID, groupID: groupID, to: worker) != nil else { return .unknownLease }
        leaseToGroup[leaseID] = nil
        acceptedLeases.insert(leaseID)
        groups[groupID]?.state = .buffered(oldestVersion: oldestVersion)
        arrivals.append(groupID)
        events.append(.leaseEnded(leaseID: leaseID, groupID: groupID, outcome: .submitted))
        events.append(.accepted(groupID: groupID))
        return .accept
    }

    /// Drops a group that cannot be trained. Another group takes its place: in a lockstep schedule the batch's next candidate;
    /// else the same prompt again, unless the prompt itself is to blame.
    package mutating func drop(_ groupID: UInt64, reason: DropReason) {
        guard let group = groups.removeValue(forKey: groupID) else {
            preconditionFailure("group \(groupID) was dropped but is not live")
        }
        switch group.state {
        case .buffered: arrivals.removeAll { $0 == groupID }
        case .leased(let leaseID, _, _): leaseToGroup[leaseID] = nil
        case .waiting: waiting.remove(groupID)
        }
        // Rewards that are all equal say how well a source is known, though nothing can be learnt from them.
        if reason != .uninformative { outcomes[groupID] = nil }
        settled.dropped[reason, default: 0] += 1
        events.append(.dropped(groupID: groupID, reason: reason))
        if let batch = group.batch {
            batches[batch, default: LockstepBatch()].unusable += 1
        } else if reason == .overAge || reason == .unknownReward, group.issue + 1 < limits.maximumIssues {
            returnedPrompts.append((group.promptIndex, group.issue + 1))
        }
    }

    /// Drops what the present version may no longer consume and, if enough remains, picks the groups of the next batch.
    ///
    /// Bounded: those with the oldest tokens first, which have the least time left, and among them the first to arrive.
    /// Lockstep: those of this version's batch, in order of their ids.
    /// - Returns: the decision, and the groups dropped as over-age, whose payload the caller frees.
    package mutating func formBatch() -> (decision: BatchDecision, overAge: [UInt64]) {
        if let decided { return (.ready(groups: decided), []) }
        switch limits.schedule {
        case .bounded(let maximumStaleness, _):
            return formByAge(maximumStaleness: maximumStaleness)
        case .lockstep:
            let usable = arrivals.filter { groups[$0]?.batch == version }.sorted()
            let missing = limits.batchGroups - usable.count
            return (missing == 0 ? .ready(groups: usable) : .waiting(missing: missing), [])
        }
    }

    private mutating func formByAge(maximumStaleness: UInt64) -> (decision: BatchDecision, overAge: [UInt64]) {
        let ages = arrivals.map { (groupID: $0, oldestVersion: oldestVersion(of: $0)) }
        let overAge = ages.filter { version > $0.oldestVersion + maximumStaleness }.map(\.groupID)
        for groupID in overAge { drop(groupID, reason: .overAge) }
        guard arrivals.count >= limits.batchGroups else {
            return (.waiting(missing: limits.batchGroups - arrivals.count), overAge)
        }
        let young = ages.filter { version <= $0.oldestVersion + maximumStaleness }
        let byAge = young.enumerated().sorted {
            ($0.element.oldestVersion, $0.offset) < ($1.element.oldestVersion, $1.offset)
        }
        return (.ready(groups: byAge.prefix(limits.batchGroups).map(\.element.groupID)), overAge)
    }

    /// Books groups as trained, once the optimizer step that consumed them is complete.
    /// - Returns: the success rate that opened the task's next source, if it did.
    @discardableResult
    package mutating func trained(_ groupIDs: [UInt64]) -> Double? {
        for groupID in groupIDs {
            _ = oldestVersion(of: groupID)
            groups[groupID] = nil
            settled.trained += 1
        }
        let trained = Set(groupIDs)
        arrivals.removeAll { trained.contains($0) }
        decided = nil
        events.append(.trained(groupIDs: groupIDs))
        return countOutcomes()
    }

    /// Groups received and waiting for a batch.
    package var bufferedCount: Int { arrivals.count }

    private func oldestVersion(of groupID: UInt64) -> UInt64 {
        guard case .buffered(let oldestVersion)? = groups[groupID]?.state else {
            preconditionFailure("group \(groupID) is not buffered")
        }
        return oldestVersion
    }
}
