/// What a learner finds of its run when it is started again: the ledger as the journal left it.
package struct StoredRun: Sendable {
    /// A group that is neither trained nor dropped.
    package struct LiveGroup: Sendable, Equatable {
        package var groupID: UInt64
        package var promptIndex: UInt64
        package var batch: UInt64?
        package var issue: UInt32
        package var attempts: UInt32
        package var failures: UInt32
        /// The lease under which a worker may still deliver it.
        package var lease: LeaseRecord?
        /// Lowest version of its tokens, if it was accepted.
        package var oldestVersion: UInt64?
        /// Its place in the order of arrival, if it was accepted.
        package var arrival: UInt64?
    }

    /// Candidates of a lockstep batch.
    package struct Batch: Sendable, Equatable {
        package var number: UInt64
        package var issued: UInt64
        package var unusable: UInt64
    }

    /// A step as the journal knows it.
    package struct Step: Sendable, Equatable {
        package var number: Int
        package var consumingVersion: UInt64
        package var groupIDs: [UInt64]
        /// Hash of the weights that it made; nil if it was not finished.
        package var sha256: String?
        /// The learner's life that began it.
        package var life: UInt64
    }

    package var issued: UInt64 = 0
    package var trained: UInt64 = 0
    package var dropped: [String: UInt64] = [:]
    package var live: [LiveGroup] = []
    package var batches: [Batch] = []
    /// Prompts of dropped groups that were not issued again yet, and how often they were issued.
    package var returnedPrompts: [(index: UInt64, issue: UInt32)] = []
    /// Leases under which a group was accepted, newest last.
    package var acceptedLeases: [UInt64] = []
    package var nextGroupID: UInt64 = 0
    /// Place of the first prompt that was never issued.
    package var nextPrompt: UInt64 = 0
    package var nextSequence: UInt64 = 1
    /// Hashes of the published versions.
    package var hashes: [UInt64: String] = [:]
    package var lastStep: Int = 0
}
