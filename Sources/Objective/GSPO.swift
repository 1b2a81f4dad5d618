/// Group Sequence Policy Optimization (arXiv 2507.18071, eqs. 5 and 7).
///
///     s_i = exp( 1/|T_i| Σ_t (log π_θ − log π_old) )
///     J   = 1/N Σ_i min( s_i A_i, clip(s_i, 1 − ε_low, 1 + ε_high) A_i )
///
/// ∂J/∂log π_θ(t) = s_i A_i / (N |T_i|), or 0 for every token of a clipped sequence. The clip range is the paper's own,
/// 3e-4 and 4e-4: a sequence ratio is far closer to 1 than a token's. Token weights w_t act in the GSPO-token form:
/// sequence i contributes 1/|T_i| Σ_t w_t · min(…), which is the above for w = 1.
package struct GSPO: PolicyObjective {
    package let name = "gspo"
    package let options: Set<ObjectiveOptions.Name> = [.clipLow, .clipHigh]
    package var aggregation = Aggregation.sequenceMean
    package var clip: ClipRange

    package init(clip: ClipRange = ClipRange(low: 3e-4, high: 4e-4)) { self.clip = clip }

    package var parameters: String { clip.description }

    package mutating func adopt(_ options: ObjectiveOptions) { clip.adopt(options) }

    package func evaluate(_ batch: ObjectiveBatch, totals: StepTotals) -> ObjectiveResult {
        batch.validate()
        var result = ObjectiveResult(tokens: batch.tokenCount)
        for sequence in 0..<batch.sequenceCount {
            let trained = batch.trainedTokens(of: sequence)
            guard trained > 0 else { continue }
            let factor = aggregation.factor(trained: trained, totals: totals)
            let ratio = batch.sequenceRatio(sequence, trained: trained)
            let term = clip.surrogate(ratio: ratio, advantage: Double(batch.advantages[sequence]))
            for token in batch.tokens(of: sequence) where batch.mask[token] {
                result.add(term, at: token, weight: factor * batch.weight(token))
            }
        }
        return result
    }
}

extension ObjectiveBatch {
    /// s_i = exp(mean over trained tokens of log π_θ − log π_old); `trained` > 0 is |T_i|.
    func sequenceRatio(_ sequence: Int, trained: Int) -> Double {
        var sum = 0.0
        for token in tokens(of: sequence) where mask[token] {
            sum += Double(logProbabilities[token]) - Double(oldLogProbabilities[token])
        }
        return exponential(sum / Double(trained))
    }
}
