/// A reward for hesitating: coefficient · mean_t H_t, with H_t the entropy of π_θ over the whole vocabulary at token t.
///
///     loss −= c · mean_t H_t,   ∂/∂H_t = −c · (the token's share of the mean)
///
/// The mean is the objective's aggregation over all trained tokens; corrections and masks do not weigh it. The gradient
/// reaches every logit, not only that of the sampled token: the backward takes it apart from that of log π_θ.
package struct EntropyBonus: Sendable, Equatable {
    package var coefficient: Double

    package init(coefficient: Double) { self.coefficient = coefficient }

    /// - Parameter entropies: `[tokens]` in nats.
    /// - Returns: the bonus's (negative) part of the loss, and `[tokens]` ∂loss/∂H.
    package func evaluate(
        _ batch: ObjectiveBatch, entropies: [Float], aggregation: Aggregation, totals: StepTotals
    ) -> (loss: Double, dEntropies: [Float]) {
        precondition(entropies.count == batch.tokenCount, "\(entropies.count) entropies for \(batch.tokenCount) tokens")
        var loss = 0.0
        var derivatives = [Float](repeating: 0, count: batch.tokenCount)
        batch.forEachTrainedToken(aggregation, totals) { token, factor in
            loss -= factor * coefficient * Double(entropies[token])
            derivatives[token] = Float(-factor * coefficient)
        }
        return (loss, derivatives)
    }
}

extension ObjectiveBatch {
    /// Calls `body` for each trained token with its share of the aggregated mean.
    func forEachTrainedToken(
        _ aggregation: Aggregation, _ totals: StepTotals, _ body: (_ token: Int, _ factor: Double) -> Void
    ) {
        for sequence in 0..<sequenceCount {
            let trained = trainedTokens(of: sequence)
            guard trained > 0 else { continue }
            let factor = aggregation.factor(trained: trained, totals: totals)
            for token in tokens(of: sequence) where mask[token] { body(token, factor) }
        }
    }
}
