/// A penalty for leaving a reference policy: β · KL(π_θ‖π_ref) by the estimator k3 (arXiv 2402.03300, eq. 4).
///
///     loss += β · mean_t ( q − log q − 1 ),   q = π_ref/π_θ,   ∂/∂log π_θ = β (1 − q)
///
/// The mean is the objective's aggregation over all trained tokens; corrections and masks do not weigh it. As a loss, k3's
/// gradient is that of the reverse KL only to first order around π_ref, and the sampler is taken for π_θ, both as in GRPO.
package struct ReferencePenalty: Sendable, Equatable {
    /// β.
    package var coefficient: Double

    package init(coefficient: Double) { self.coefficient = coefficient }

    /// Adds the penalty's loss and gradient to `result`.
    ///
    /// - Parameter reference: `[tokens]` log π_ref.
    /// - Returns: what to log.
    package func add(
        to result: inout ObjectiveResult, batch: ObjectiveBatch, reference: [Float], aggregation: Aggregation,
        totals: StepTotals
    ) -> ReferenceStatistics {
        precondition(reference.count == batch.tokenCount, "\(reference.count) values for \(batch.tokenCount) tokens")
        var statistics = ReferenceStatistics()
        batch.forEachTrainedToken(aggregation, totals) { token, factor in
            let logRatio = Double(reference[token]) - Double(batch.logProbabilities[token])
            let ratio = exponential(logRatio)
            let estimate = ratio - logRatio - 1
            statistics.add(first: -logRatio, third: estimate, loss: factor * coefficient * estimate)
            result.dLogProbabilities[token] += Float(factor * coefficient * (1 - ratio))
        }
        result.loss += statistics.loss
        return statistics
    }
}

/// How far π_θ is from the reference. Addable over the parts of a step.
package struct ReferenceStatistics: Sendable, Equatable {
    /// The penalty's part of the loss, β included.
    package private(set) var loss = 0.0
    private var tokens = 0
    private var firstSum = 0.0
    private var thirdSum = 0.0

    package init() {}

    /// Means over trained tokens of log π_θ − log π_ref (k1) and of k3, in nats.
    package var firstKL: Double { tokens == 0 ? 0 : firstSum / Double(tokens) }
    package var thirdKL: Double { tokens == 0 ? 0 : thirdSum / Double(tokens) }

    package static func += (left: inout ReferenceStatistics, right: ReferenceStatistics) {
        left.loss += right.loss
        left.tokens += right.tokens
        left.firstSum += right.firstSum
        left.thirdSum += right.thirdSum
    }

    mutating func add(first: Double, third: Double, loss: Double) {
        self.loss += loss
        tokens += 1
        firstSum += first
        thirdSum += third
    }
}
