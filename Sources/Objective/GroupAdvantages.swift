/// The advantages of one group: G responses to one prompt.
///
/// An unknown reward (no verdict) is not a reward: it leaves the statistics, and its response is untrained.
package struct GroupAdvantages: Sendable, Equatable {
    /// What a group is good for. Groups that are not `.informative` get zero advantages and are counted by the caller.
    package enum Outcome: Sendable, Equatable {
        case informative
        /// All known rewards are equal, so nobody did better than the others.
        case zeroSpread
        /// Fewer than two known rewards: there is nothing to compare with.
        case tooFewKnown
    }

    /// `[G]`; 0 where the reward is unknown.
    package let advantages: [Float]
    /// `[G]` false where the reward is unknown: the response's tokens must be masked.
    package let trained: [Bool]
    package let outcome: Outcome
    /// Mean of the known rewards; 0 if there is none.
    package let mean: Double
    /// Population standard deviation of the known rewards.
    package let standardDeviation: Double

    /// - Parameter rewards: `[G]`, nil where the verdict is unknown. A non-finite reward is a bug of the verifier's
    ///   boundary and stops the process.
    package init(rewards: [Double?], estimator: AdvantageEstimator) {
        let known = rewards.compactMap { $0 }
        precondition(known.allSatisfy(\.isFinite), "rewards must be finite: \(known)")
        let count = Double(known.count)
        let mean = known.isEmpty ? 0 : known.reduce(0, +) / count
        let deviation =
            known.isEmpty ? 0 : (known.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        let outcome: Outcome =
            known.count < 2 ? .tooFewKnown : Set(known).count == 1 ? .zeroSpread : .informative
        self.mean = mean
        self.standardDeviation = deviation
        self.outcome = outcome
        trained = rewards.map { $0 != nil }
        advantages = rewards.map { reward in
            guard let reward, outcome == .informative else { return 0 }
            switch estimator {
            case .standardized(let epsilon): return Float((reward - mean) / (deviation + epsilon))
            case .centered: return Float(reward - mean)
            case .leaveOneOut: return Float((reward - mean) * count / (count - 1))
            case .zero: return 0
            }
        }
    }
}
