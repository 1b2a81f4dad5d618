/// GSPO-token (arXiv 2507.18071, eq. 13): GSPO's sequence ratio with an advantage per token.
///
///     s_{i,t} = sg[s_i] · π_θ(t) / sg[π_θ(t)]
///     J = 1/N Σ_i 1/|T_i| Σ_t min( s_{i,t} A_{i,t}, clip(s_{i,t}, 1 − ε_low, 1 + ε_high) A_{i,t} )
///
/// With one advantage per sequence it equals GSPO in value and gradient. Defaults as GSPO's.
package struct GSPOToken: PolicyObjective {
    package let name = "gspo-token"
    package let options: Set<ObjectiveOptions.Name> = [.clipLow, .clipHigh, .aggregation]
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
            for token in batch.tokens(of: sequence) where batch.mask[token] {
                let term = clip.surrogate(ratio: ratio, advantage: batch.advantage(sequence: sequence, token: token))
                result.add(term, at: token, weight: factor * batch.weight(token))
            }
        }
        return result
    }
}
