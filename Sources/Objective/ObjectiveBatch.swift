/// The sequences an objective is evaluated on: flat per-token arrays, cut into sequences by `offsets`.
///
/// Owned by the caller, read only here. A token is one *predicted* position of a response. All log-probabilities are
/// natural logarithms of the probability of the token that was sampled.
/// Invariant (checked by `validate`): every per-token array holds `offsets.last` elements or, where it is optional, none.
package struct ObjectiveBatch: Sendable {
    /// `[sequences + 1]`: sequence i owns tokens `offsets[i] ..< offsets[i + 1]`.
    package var offsets: [Int]
    /// `[tokens]` log π_θ, the policy being updated.
    package var logProbabilities: [Float]
    /// `[tokens]` log π_old, the policy at the start of the batch, recomputed by the learner.
    package var oldLogProbabilities: [Float]
    /// `[tokens]` log μ, stored when the token was sampled.
    package var samplerLogProbabilities: [Float]
    /// `[tokens]` true where the token is trained. Untrained tokens enter neither ratios nor denominators.
    package var mask: [Bool]
    /// `[sequences]` advantage A_i of each response.
    package var advantages: [Float]
    /// `[tokens]` advantage of each token, or empty when every token has its sequence's.
    package var tokenAdvantages: [Float]
    /// `[tokens]` constant factors on each token's term (train–inference correction, masks), or empty for 1.
    /// They never change a denominator.
    package var weights: [Float]
    /// `[sequences]` versions between the oldest that produced a token and the one that consumes it, or empty for 0.
    package var staleness: [Int]

    package init(
        offsets: [Int], logProbabilities: [Float], oldLogProbabilities: [Float], samplerLogProbabilities: [Float],
        mask: [Bool], advantages: [Float], tokenAdvantages: [Float] = [], weights: [Float] = [], staleness: [Int] = []
    ) {
        self.offsets = offsets
        self.logProbabilities = logProbabilities
        self.oldLogProbabilities = oldLogProbabilities
        self.samplerLogProbabilities = samplerLogProbabilities
        self.mask = mask
        self.advantages = advantages
        self.tokenAdvantages = tokenAdvantages
        self.weights = weights
        self.staleness = staleness
        validate()
    }

    package var sequenceCount: Int { offsets.count - 1 }
    package var tokenCount: Int { logProbabilities.count }

    /// Tokens of sequence `index`, as indices into the per-token arrays.
    package func tokens(of index: Int) -> Range<Int> { offsets[index]..<offsets[index + 1] }

    /// How many tokens of sequence `index` are trained: |T_i|.
    package func trainedTokens(of index: Int) -> Int {
        tokens(of: index).reduce(0) { $0 + (mask[$1] ? 1 : 0) }
    }

    /// Multiplies `factors` (`[tokens]`) into `weights`.
    package mutating func multiplyWeights(by factors: [Float]) {
        precondition(factors.count == tokenCount, "\(factors.count) factors for \(tokenCount) tokens")
        weights = weights.isEmpty ? factors : zip(weights, factors).map(*)
    }

    func advantage(sequence: Int, token: Int) -> Double {
        Double(tokenAdvantages.isEmpty ? advantages[sequence] : tokenAdvantages[token])
    }

    func weight(_ token: Int) -> Double { weights.isEmpty ? 1 : Double(weights[token]) }

    /// Stops the process when array lengths disagree: such a batch is a bug of whoever built it.
    func validate() {
        precondition(offsets.first == 0, "offsets must begin at 0")
        precondition(zip(offsets, offsets.dropFirst()).allSatisfy(<=), "offsets must not decrease")
        let tokens = offsets[sequenceCount]
        for count in [logProbabilities.count, oldLogProbabilities.count, samplerLogProbabilities.count, mask.count] {
            precondition(count == tokens, "a per-token array has \(count) elements, offsets end at \(tokens)")
        }
        precondition(advantages.count == sequenceCount, "\(advantages.count) advantages, \(sequenceCount) sequences")
        precondition([0, tokens].contains(tokenAdvantages.count), "token advantages must be absent or complete")
        precondition([0, tokens].contains(weights.count), "weights must be absent or complete")
        precondition([0, sequenceCount].contains(staleness.count), "staleness must be absent or complete")
    }
}
