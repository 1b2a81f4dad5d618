/// A worker process in one of its lives: a restarted worker has the same id and a higher incarnation.
package struct WorkerIdentity: Sendable, Hashable {
    package let id: String
    package let incarnation: UInt64

    package init(id: String, incarnation: UInt64) {
        self.id = id
        self.incarnation = incarnation
    }
}

/// A group on loan: the right of one worker to generate and submit it until `expiry`.
package struct GrantedLease: Sendable, Equatable {
    package let leaseID: UInt64
    package let groupID: UInt64
    /// Index of the group's prompt in the training task.
    package let promptIndex: UInt64
    /// 0 for the first worker that gets the group, counted up at every new lease of it.
    package let attempt: UInt32
    package let expiry: ContinuousClock.Instant
}

/// The learner's book of groups: which prompt each one is, who has it on loan, what became of it.
///
/// Role: decides what is issued, leased, accepted, batched and dropped; holds no payload and performs nothing.
/// Owner: the learner. Invariant: `conservation.holds` after every call.
package struct Ledger: Sendable {
    /// What bounds the book.
    package struct Limits: Sendable {
        /// How long a worker may keep a group without renewing the lease.
        package let leaseDuration: Duration
        /// Groups in flight plus buffered never exceed this; it bounds staleness before the batch is even formed.
        package let outstandingGroups: Int

        /// Lease ids count up from here. A later life of the learner begins higher, so that no two leases of a run share an id.
        package let firstLeaseID: UInt64

        package init(leaseDuration: Duration, outstandingGroups: Int, firstLeaseID: UInt64 = 1) {
            precondition(outstandingGroups > 0, "a ledger needs room for at least one group")
            self.leaseDuration = leaseDuration
            self.outstandingGroups = outstandingGroups
            self.firstLeaseID = firstLeaseID
        }
    }

    /// Where a live group is. Trained and dropped groups are not live: only their counts remain.
    enum State: Sendable {
        case waiting
        case leased(leaseID: UInt64, worker: WorkerIdentity, expiry: ContinuousClock.Instant)
        case buffered(oldestVersion: UInt64)
    }

    struct Group: Sendable {
        let promptIndex: UInt64
        var attempts: UInt32 = 0
        var state: State = .waiting
    }

    let limits: Limits
    var groups: [UInt64: Group] = [:]
    /// Groups to lease before any new one is issued: first those whose lease ended, in order of their ids.
    var waiting: [UInt64] = []
    /// Prompts of dropped groups, to be issued again before the next unseen prompt.
    var returnedPrompts: [UInt64] = []
    /// Buffered groups in order of arrival.
    var arrivals: [UInt64] = []
    var leaseToGroup: [UInt64: UInt64] = [:]
    var acceptedLeases = RecentSet(capacity: 65_536)
    var nextGroupID: UInt64 = 0
    var nextPromptIndex: UInt64 = 0
    var nextLeaseID: UInt64
    /// Set when the run has what it needs: nothing more is issued or leased.
    package private(set) var isClosed = false
    /// What was issued, trained and dropped; the rest of the accounts is counted from the live groups.
    var settled = Conservation()

    package init(limits: Limits) {
        self.limits = limits
        nextLeaseID = limits.firstLeaseID
    }

    /// The accounts now. Live groups are counted one by one, so a group lost from the book shows as a difference.
    package var conservation: Conservation {
        var accounts = settled
        for group in groups.values {
            if case .buffered = group.state { accounts.buffered += 1 } else { accounts.inFlight += 1 }
        }
        return accounts
    }

    /// Grants up to `credits` leases: groups given back first, then prompts of dropped groups, then unseen prompts.
    package mutating func grant(
        to worker: WorkerIdentity, credits: Int, now: ContinuousClock.Instant
    ) -> [GrantedLease] {
        guard !isClosed else { return [] }
        var granted: [GrantedLease] = []
        while granted.count < credits, let groupID = nextWaitingGroup() {
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
        takeBack { _, expiry in expiry <= now }
    }

    /// Takes back every lease of a worker known to be gone.
    package mutating func release(_ worker: WorkerIdentity) -> [UInt64] {
        takeBack { holder, _ in holder == worker }
    }

    /// Takes back leases that the worker itself returns, as it does on a graceful leave.
    package mutating func giveBack(_ leaseIDs: [UInt64], by worker: WorkerIdentity) -> [UInt64] {
        let returned = Set(leaseIDs)
        return takeBack { holder, _ in
            holder == worker
        } matching: {
            returned.contains($0)
        }
    }

    /// Ends issuing. Live groups are dropped with the reason `runEnded`.
    package mutating func close() {
        isClosed = true
        for groupID in groups.keys.sorted() { drop(groupID, reason: .runEnded, reissue: false) }
    }

    private mutating func nextWaitingGroup() -> UInt64? {
        if !waiting.isEmpty { return waiting.removeFirst() }
        guard groups.count < limits.outstandingGroups else { return nil }
        let promptIndex: UInt64
        if returnedPrompts.isEmpty {
            promptIndex = nextPromptIndex
            nextPromptIndex += 1
        } else {
            promptIndex = returnedPrompts.removeFirst()
        }
        let groupID = nextGroupID
        nextGroupID += 1
        groups[groupID] = Group(promptIndex: promptIndex)
        settled.issued += 1
        return groupID
    }

    private mutating func lease(
        _ groupID: UInt64, to worker: WorkerIdentity, now: ContinuousClock.Instant
    ) -> GrantedLease {
        guard var group = groups[groupID] else { preconditionFailure("group \(groupID) is not live") }
        let leaseID = nextLeaseID
        nextLeaseID += 1
        let expiry = now + limits.leaseDuration
        let granted = GrantedLease(
            leaseID: leaseID, groupID: groupID, promptIndex: group.promptIndex, attempt: group.attempts, expiry: expiry)
        group.attempts += 1
        group.state = .leased(leaseID: leaseID, worker: worker, expiry: expiry)
        groups[groupID] = group
        leaseToGroup[leaseID] = groupID
        return granted
    }

    private func holder(of groupID: UInt64) -> WorkerIdentity? {
        if case .leased(_, let worker, _)? = groups[groupID]?.state { worker } else { nil }
    }

    private mutating func takeBack(
        where isOver: (WorkerIdentity, ContinuousClock.Instant) -> Bool,
        matching: (UInt64) -> Bool = { _ in true }
    ) -> [UInt64] {
        var taken: [UInt64] = []
        for (groupID, group) in groups {
            if case .leased(let leaseID, let worker, let expiry) = group.state, isOver(worker, expiry),
                matching(leaseID)
            {
                leaseToGroup[leaseID] = nil
                groups[groupID]?.state = .waiting
                taken.append(groupID)
            }
        }
        taken.sort()
        waiting = (waiting + taken).sorted()
        return taken
    }
}
