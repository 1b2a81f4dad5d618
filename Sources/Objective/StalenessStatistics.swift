/// `OffPolicyStatistics` of a step, as a whole and by the staleness of the sequences.
package struct StalenessStatistics: Sendable, Equatable {
    /// All sequences.
    package private(set) var total = OffPolicyStatistics()
    /// Keyed by staleness in versions; everything at or above `lastBucket` is in that bucket.
    package private(set) var byStaleness: [Int: OffPolicyStatistics] = [:]
    /// The bucket that takes in all older sequences.
    package static let lastBucket = 16

    package init() {}

    /// Statistics of an evaluated batch.
    ///
    /// - Parameters:
    ///   - entropies: `[tokens]` of π_θ in nats, or empty.
    ///   - rewards: `[sequences]`, or empty. The reward of a sequence without trained tokens is not read.
    package init(
        of batch: ObjectiveBatch, _ result: ObjectiveResult, entropies: [Float] = [], rewards: [Double] = []
    ) {
        precondition([0, batch.tokenCount].contains(entropies.count), "entropies must be absent or complete")
        precondition([0, batch.sequenceCount].contains(rewards.count), "rewards must be absent or complete")
        for sequence in 0..<batch.sequenceCount {
            let statistics = OffPolicyStatistics(
                batch, result, sequence: sequence, entropies: entropies,
                reward: rewards.isEmpty ? 0 : rewards[sequence])
            guard statistics.sequences > 0 else { continue }
            let staleness = batch.staleness.isEmpty ? 0 : batch.staleness[sequence]
            total += statistics
            byStaleness[min(staleness, Self.lastBucket), default: OffPolicyStatistics()] += statistics
        }
    }

    package static func += (left: inout StalenessStatistics, right: StalenessStatistics) {
        left.total += right.total
        left.byStaleness.merge(right.byStaleness) { mine, theirs in
            var sum = mine
            sum += theirs
            return sum
        }
    }
}
