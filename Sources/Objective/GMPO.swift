/// Geometric-Mean Policy Optimization (arXiv 2507.20673, eqs. 3 and 4).
///
///     J = 1/N Σ_i A_i · exp( 1/|T_i| Σ_t ℓ_t ),   r_t = π_θ/π_old
///     ℓ_t = min(log r_t, ε_high) where A_i > 0,  max(log r_t, −ε_low) where A_i < 0
///
/// Tokens are clipped one by one, before the geometric mean, and in log space: ε_low = ε_high = 0.4, that is ratios
/// within (e^-0.4, e^0.4). ∂J/∂log π_θ(t) = J_i/(N |T_i|) for unclipped tokens, 0 for clipped ones.
package struct GMPO: PolicyObjective {
    package let name = "gmpo"
    package let options: Set<ObjectiveOptions.Name> = [.clipLow, .clipHigh]
    package var aggregation = Aggregation.sequenceMean
    /// Bounds of the *log* ratio: [−low, high].
    package var logarithmicClip: ClipRange

    package init(logarithmicClip: ClipRange = ClipRange(low: 0.4, high: 0.4)) {
        self.logarithmicClip = logarithmicClip
    }

    package var parameters: String {
        "log ratio of a token clipped to [−\(logarithmicClip.low), \(logarithmicClip.high)]"
    }

    package mutating func adopt(_ options: ObjectiveOptions) { logarithmicClip.adopt(options) }

    package func evaluate(_ batch: ObjectiveBatch, totals: StepTotals) -> ObjectiveResult {
        batch.validate()
        var result = ObjectiveResult(tokens: batch.tokenCount)
        for sequence in 0..<batch.sequenceCount {
            let trained = batch.trainedTokens(of: sequence)
            guard trained > 0 else { continue }
            let advantage = Double(batch.advantages[sequence])
            let trainedTokens = batch.tokens(of: sequence).filter { batch.mask[$0] }
            let clippedRatios = trainedTokens.map { token in
                clippedLogRatio(
                    Double(batch.logProbabilities[token]) - Double(batch.oldLogProbabilities[token]), advantage)
            }
            let mean = clippedRatios.reduce(0) { $0 + $1.value } / Double(trained)
            let value = advantage * exponential(mean)
            let factor = aggregation.factor(trained: trained, totals: totals)
            for (token, clipped) in zip(trainedTokens, clippedRatios.map(\.clipped)) {
                let term = TokenSurrogate(value: value, derivative: clipped ? 0 : value, clipped: clipped)
                result.add(term, at: token, weight: factor * batch.weight(token))
            }
        }
        return result
    }

    private func clippedLogRatio(_ logRatio: Double, _ advantage: Double) -> (value: Double, clipped: Bool) {
        if advantage > 0, logRatio > logarithmicClip.high { return (logarithmicClip.high, true) }
        if advantage < 0, logRatio < -logarithmicClip.low { return (-logarithmicClip.low, true) }
        return (logRatio, false)
    }
}
