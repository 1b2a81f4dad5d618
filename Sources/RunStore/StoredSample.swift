/// A response of a step, token by token as the learner saw it: kept so that people can look at it.
///
/// All arrays are as long as the response, in the order of its tokens; logarithms are natural.
package struct StoredSample: Sendable, Equatable {
    /// Why it was kept of all the step's responses.
    package enum Kind: String, Sendable, CaseIterable {
        /// Among those of the highest reward.
        case best
        /// Among those of the lowest.
        case worst
        /// Any.
        case random
    }

    package var groupID: UInt64
    package var sample: UInt32
    package var kind: Kind
    package var tokens: [Int32]
    /// log μ: of the policy that sampled.
    package var samplerLogProbabilities: [Float]
    /// log π_old: of the policy at the beginning of the step.
    package var oldLogProbabilities: [Float]
    /// log π_θ: of the policy that the response's update started from.
    package var logProbabilities: [Float]
    /// Entropy of π_θ, in nats.
    package var entropies: [Float]

    package init(
        groupID: UInt64, sample: UInt32, kind: Kind, tokens: [Int32], samplerLogProbabilities: [Float],
        oldLogProbabilities: [Float], logProbabilities: [Float], entropies: [Float]
    ) {
        self.groupID = groupID
        self.sample = sample
        self.kind = kind
        self.tokens = tokens
        self.samplerLogProbabilities = samplerLogProbabilities
        self.oldLogProbabilities = oldLogProbabilities
        self.logProbabilities = logProbabilities
        self.entropies = entropies
    }
}
