import Objective
import RunStore
import Tensor

/// Which responses of a batch are kept token by token for people to look at.
///
/// A pure function of the batch, so that a step done again keeps the same ones.
struct SampleChoice: Sendable, Equatable {
    private struct Name: Hashable {
        let groupID: UInt64
        let sample: UInt32
    }

    private var kinds: [Name: StoredSample.Kind] = [:]

    /// None.
    init() {}

    /// `count` responses, or all if there are fewer: in turn the best, the worst and a random one of those that are left. Chance
    /// decides between equal rewards; a response without reward is neither best nor worst.
    init(_ groups: [Experience], count: Int) {
        guard count > 0 else { return }
        var left = groups.flatMap { group in
            group.responses.map { (name: Name(groupID: group.groupID, sample: $0.sample), reward: $0.reward) }
        }
        func chance(_ name: Name) -> Double {
            Philox.uniform(runSeed: 0, group: name.groupID, sample: name.sample, position: 0)
        }
        left.sort { chance($0.name) < chance($1.name) }
        let order: [StoredSample.Kind] = [.best, .worst, .random]
        for turn in 0..<min(count, left.count) {
            let kind = order[turn % order.count]
            let judged = left.indices.filter { left[$0].reward != nil }
            let chosen =
                switch kind {
                case .best: judged.max { (left[$0].reward ?? 0, $1) < (left[$1].reward ?? 0, $0) }
                case .worst: judged.min { (left[$0].reward ?? 0, $0) < (left[$1].reward ?? 0, $1) }
                case .random: left.indices.first
                }
            let index = chosen ?? 0
            kinds[left[index].name] = chosen == nil ? .random : kind
            left.remove(at: index)
        }
    }

    func kind(groupID: UInt64, sample: UInt32) -> StoredSample.Kind? { kinds[Name(groupID: groupID, sample: sample)] }
}

extension MicroBatch {
    /// The chosen responses of this part.
    ///
    /// - Parameters:
    ///   - batch: the log-probabilities that the objective saw.
    ///   - entropies: `[tokens]` of π_θ, in nats.
    func samples(_ choice: SampleChoice, _ batch: ObjectiveBatch, entropies: [Float]) -> [StoredSample] {
        let tokens = groups.flatMap(\.responses).map(\.tokens)
        return names.enumerated().compactMap { sequence, name in
            guard let kind = choice.kind(groupID: name.groupID, sample: name.sample) else { return nil }
            let range = batch.tokens(of: sequence)
            return StoredSample(
                groupID: name.groupID, sample: name.sample, kind: kind, tokens: tokens[sequence],
                samplerLogProbabilities: Array(batch.samplerLogProbabilities[range]),
                oldLogProbabilities: Array(batch.oldLogProbabilities[range]),
                logProbabilities: Array(batch.logProbabilities[range]), entropies: Array(entropies[range]))
        }
    }
}
