/// One trained token, as a token-level objective sees it. All in float64.
package struct TokenView: Sendable {
    /// log π_θ.
    package let logProbability: Double
    /// log π_old.
    package let oldLogProbability: Double
    /// log μ.
    package let samplerLogProbability: Double
    package let advantage: Double

    /// r = π_θ/π_old.
    var ratio: Double { exponential(logProbability - oldLogProbability) }
}

/// A token's term of J and its derivative by log π_θ, with stopped gradients taken as constants.
package struct TokenSurrogate: Sendable {
    package var value: Double
    package var derivative: Double
    /// Whether a clip or mask removed the gradient.
    package var clipped: Bool

    static func masked(value: Double = 0) -> TokenSurrogate {
        TokenSurrogate(value: value, derivative: 0, clipped: true)
    }
}

/// An objective that is a weighted sum of terms, one per token: J = Σ_i Σ_t factor_i · weight_t · term_t.
package protocol TokenObjective: PolicyObjective {
    /// The term of one trained token.
    func surrogate(_ token: TokenView) -> TokenSurrogate
}

extension TokenObjective {
    package func evaluate(_ batch: ObjectiveBatch, totals: StepTotals) -> ObjectiveResult {
        batch.validate()
        var result = ObjectiveResult(tokens: batch.tokenCount)
        for sequence in 0..<batch.sequenceCount {
            let trained = batch.trainedTokens(of: sequence)
            guard trained > 0 else { continue }
            let factor = aggregation.factor(trained: trained, totals: totals)
            for token in batch.tokens(of: sequence) where batch.mask[token] {
                let term = surrogate(batch.view(sequence: sequence, token: token))
                result.add(term, at: token, weight: factor * batch.weight(token))
            }
        }
        return result
    }
}

extension ObjectiveBatch {
    func view(sequence: Int, token: Int) -> TokenView {
        TokenView(
            logProbability: Double(logProbabilities[token]), oldLogProbability: Double(oldLogProbabilities[token]),
            samplerLogProbability: Double(samplerLogProbabilities[token]),
            advantage: advantage(sequence: sequence, token: token))
    }
}
