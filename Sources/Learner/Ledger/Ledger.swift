/// A worker process in one of its lives: a restarted worker has the same id and a higher incarnation.
package struct WorkerIdentity: Sendable, Hashable {
    package let id: String
    package let incarnation: UInt64

    package init(id: String, incarnation: UInt64) {
        self.id = id
        self.incarnation = incarnation
    }
}

/// The learner's book of groups: which prompt each one is, who has it on loan, what became of it.
///
/// Role: decides what is issued, leased, accepted, batched and dropped; holds no payload and performs nothing.
/// Owner: the learner. Invariants: `conservation.holds` after every call; every change is an event.
package struct Ledger: Sendable {
    /// What bounds the book; fixed for the length of a run.
    package struct Limits: Sendable {
        package let schedule: Schedule
        /// Groups of a batch.
        package let batchGroups: Int
        /// How long a worker may keep a group without renewing the lease.
        package let leaseDuration: Duration
        /// Lease ids count up from here. A later life of the learner begins higher, so that no two leases of a run share an id.
        package let firstLeaseID: UInt64
        /// How the task's sources open one after another; nil: all are open.
        package let curriculum: Curriculum.Rule?
        /// Leases of one group that may fail before it is dropped.
        package let maximumFailures: UInt32 = 3
        /// Times that one prompt is issued, as a new group each time, before it is given up.
        package let maximumIssues: UInt32 = 8

        package init(
            schedule: Schedule, batchGroups: Int, leaseDuration: Duration, firstLeaseID: UInt64 = 1,
            curriculum: Curriculum.Rule? = nil
        ) {
            precondition(batchGroups > 0, "a batch holds at least one group")
            self.schedule = schedule
            self.batchGroups = batchGroups
            self.leaseDuration = leaseDuration
            self.firstLeaseID = firstLeaseID
            self.curriculum = curriculum
        }
    }

    /// Where a live group is. Trained and dropped groups are not live: only their counts remain.
    package enum State: Sendable, Equatable {
        case waiting
        case leased(leaseID: UInt64, worker: WorkerIdentity, expiry: ContinuousClock.Instant)
        case buffered(oldestVersion: UInt64)
    }

    struct Group: Sendable {
        let promptIndex: UInt64
        /// The batch it belongs to, in a lockstep schedule.
        let batch: UInt64?
        /// How often the prompt was issued before, as other groups.
        let issue: UInt32
        var attempts: UInt32 = 0
        var failures: UInt32 = 0
        var state: State = .waiting
    }

    let limits: Limits
    var groups: [UInt64: Group] = [:]
    /// Groups whose lease ended, to be leased before any new one is issued.
    var waiting: Set<UInt64> = []
    /// Prompts of dropped groups, to be issued again before the next unseen prompt, and how often they were issued.
    var returnedPrompts: [(index: UInt64, issue: UInt32)] = []
    /// Lockstep: the batches that are not trained yet.
    var batches: [UInt64: LockstepBatch] = [:]
    /// Buffered groups in order of arrival.
    var arrivals: [UInt64] = []
    /// A batch that was decided before the learner was started again.
    var decided: [UInt64]?
    var leaseToGroup: [UInt64: UInt64] = [:]
    var acceptedLeases = RecentSet(capacity: 65_536)
    var nextGroupID: UInt64 = 0
    /// Place of the next unseen prompt, whatever the stage.
    var nextPrompt: UInt64 = 0
    var nextLeaseID: UInt64
    /// The version that consumes the next batch.
    package private(set) var version: UInt64 = 0
    /// Set when the run has what it needs: nothing more is issued or leased.
    package private(set) var isClosed = false
    package internal(set) var curriculum = Curriculum()
    /// Verdicts of accepted groups that no step has counted yet; empty without a curriculum.
    package internal(set) var outcomes: [UInt64: PendingOutcome] = [:]
    /// What was issued, trained and dropped; the rest of the accounts is counted from the live groups.
    var settled = Conservation()
    var events: [LedgerEvent] = []

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

    /// What happened since the last call, in order.
    package mutating func takeEvents() -> [LedgerEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// A version is out: it consumes the next batch, and in a lockstep schedule opens another one.
    package mutating func advance(to version: UInt64) {
        self.version = max(self.version, version)
        curriculum.publish(version, staleness: limits.schedule.staleness)
        batches = batches.filter { $0.key >= version }
    }

    /// Ends issuing and leasing. Live groups stay as they are: a later life of the run goes on with them.
    package mutating func close() {
        isClosed = true
    }
}
