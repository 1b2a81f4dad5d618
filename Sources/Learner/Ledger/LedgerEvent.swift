/// A change of the ledger, for the run's journal. The events since the start are its whole history.
package enum LedgerEvent: Sendable, Equatable {
    /// A group came to be. `batch` is the one it belongs to in a lockstep schedule; `issue` counts how often the prompt was
    /// issued before.
    case issued(groupID: UInt64, promptIndex: UInt64, batch: UInt64?, issue: UInt32)
    case leased(GrantedLease, to: WorkerIdentity)
    /// A lease is over. The group waits for another worker, unless the outcome is `submitted`.
    case leaseEnded(leaseID: UInt64, groupID: UInt64, outcome: LeaseOutcome)
    case accepted(groupID: UInt64)
    case dropped(groupID: UInt64, reason: DropReason)
    case trained(groupIDs: [UInt64])
}

/// How a lease ended.
package enum LeaseOutcome: String, Sendable, CaseIterable {
    case submitted
    /// Its time was over.
    case expired
    /// The worker was known to be gone.
    case lost
    /// The worker handed it back.
    case returned
    /// The worker could not generate the group, or what it sent was refused.
    case failed
}
