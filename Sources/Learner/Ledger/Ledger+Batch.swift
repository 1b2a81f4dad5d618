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
    /// Judges a submission. `oldestVersion` is the lowest version that produced any token of the group.
    package mutating func submit(
        leaseID: UInt64, groupID: UInt64, by worker: WorkerIdentity, oldestVersion: UInt64
    ) -> SubmissionDecision {
        if acceptedLeases.contains(leaseID) { return .duplicate }
        guard leaseToGroup[leaseID] == groupID,
            case .leased(leaseID, worker, _)? = groups[groupID]?.state
        else { return .unknownLease }
        leaseToGroup[leaseID] = nil
        acceptedLeases.insert(leaseID)
        groups[groupID]?.state = .buffered(oldestVersion: oldestVersion)
        arrivals.append(groupID)
        return .accept
    }

    /// Drops a buffered group that cannot be trained, and issues its prompt again.
    package mutating func dropBuffered(_ groupID: UInt64, reason: DropReason) {
        drop(groupID, reason: reason, reissue: true)
    }

    /// Drops what `version` may no longer consume and, if enough remains, picks `count` groups: those with the oldest tokens
    /// first, which have the least time left, and among them the first to arrive.
    ///
    /// Staleness is `version − oldest version that produced any token`, time in the queue included.
    /// - Returns: the decision, and the groups dropped as over-age, whose payload the caller frees.
    package mutating func formBatch(
        count: Int, version: UInt64, maximumStaleness: UInt64
    ) -> (decision: BatchDecision, overAge: [UInt64]) {
        var overAge: [UInt64] = []
        var ages: [UInt64: UInt64] = [:]
        for groupID in arrivals {
            guard case .buffered(let oldestVersion)? = groups[groupID]?.state else {
                preconditionFailure("group \(groupID) arrived but is not buffered")
            }
            ages[groupID] = oldestVersion
            if version > oldestVersion + maximumStaleness { overAge.append(groupID) }
        }
        for groupID in overAge { drop(groupID, reason: .overAge, reissue: true) }
        guard arrivals.count >= count else { return (.waiting(missing: count - arrivals.count), overAge) }
        let byAge = arrivals.enumerated().sorted {
            (ages[$0.element, default: 0], $0.offset) < (ages[$1.element, default: 0], $1.offset)
        }
        return (.ready(groups: byAge.prefix(count).map(\.element)), overAge)
    }

    /// Books groups as trained, once the optimizer step that consumed them is complete.
    package mutating func trained(_ groupIDs: [UInt64]) {
        for groupID in groupIDs {
            guard case .buffered? = groups[groupID]?.state else {
                preconditionFailure("group \(groupID) was trained but is not buffered")
            }
            groups[groupID] = nil
            settled.trained += 1
        }
        let trained = Set(groupIDs)
        arrivals.removeAll { trained.contains($0) }
    }

    mutating func drop(_ groupID: UInt64, reason: DropReason, reissue: Bool) {
        guard let group = groups.removeValue(forKey: groupID) else {
            preconditionFailure("group \(groupID) was dropped but is not live")
        }
        switch group.state {
        case .buffered:
            arrivals.removeAll { $0 == groupID }
        case .leased(let leaseID, _, _):
            leaseToGroup[leaseID] = nil
        case .waiting:
            waiting.removeAll { $0 == groupID }
        }
        settled.dropped[reason, default: 0] += 1
        if reissue { returnedPrompts.append(group.promptIndex) }
    }
}

extension Ledger {
    /// The prompt of a group that `worker` holds under this very lease; nil when it does not.
    package func promptIndex(leaseID: UInt64, groupID: UInt64, of worker: WorkerIdentity) -> UInt64? {
        guard leaseToGroup[leaseID] == groupID, let group = groups[groupID],
            case .leased(leaseID, worker, _) = group.state
        else { return nil }
        return group.promptIndex
    }

    /// Whether a submission under this lease was accepted before.
    package func wasAccepted(_ leaseID: UInt64) -> Bool { acceptedLeases.contains(leaseID) }
}
