/// Why a group left the run without being trained.
package enum DropReason: String, Sendable, CaseIterable, Codable {
    /// Its oldest token was older than the staleness bound when it arrived or when a batch was formed.
    case overAge = "over_age"
    /// Fewer than two of its responses have a known reward.
    case unknownReward = "unknown_reward"
    /// Its rewards teach nothing, and the run samples dynamically.
    case uninformative = "uninformative"
    /// Several workers could not generate it.
    case failed = "failed"
}

/// The accounts of promise 1, in groups: `issued = trained + dropped + buffered + in flight`, at every moment.
package struct Conservation: Sendable, Equatable {
    /// Groups ever created.
    package var issued: UInt64 = 0
    /// Groups consumed by an optimizer step.
    package var trained: UInt64 = 0
    /// Groups given up, by reason.
    package var dropped: [DropReason: UInt64] = [:]
    /// Groups received and waiting for a batch.
    package var buffered: UInt64 = 0
    /// Groups leased to a worker or waiting to be leased.
    package var inFlight: UInt64 = 0

    package init() {}

    package var droppedTotal: UInt64 { dropped.values.reduce(0, +) }

    /// Whether every issued group is accounted for exactly once.
    package var holds: Bool { issued == trained + droppedTotal + buffered + inFlight }
}
