/// Decoupled PPO (arXiv 2110.00641; for language models AReaL, arXiv 2505.24298, eq. 5).
///
///     J = 1/Σ_i|T_i| Σ_i Σ_t min(π_prox/μ, C) · min( u_t A_i, clip(u_t, 1 − ε, 1 + ε) A_i ),   u_t = π_θ/π_prox
///
/// The trust region is drawn around a proximal policy close to π_θ, while the weight to the sampler corrects for
/// staleness. ε = 0.2, C unbounded. π_prox is the batch's π_old, recomputed by the learner or approximated.
package struct DecoupledPPO: TokenObjective {
    package let name = "decoupled-ppo"
    package let correctsForSampler = true
    package let options: Set<ObjectiveOptions.Name> = [
        .clipLow, .clipHigh, .maximumWeight, .aggregation, .proximalPolicy,
    ]
    package var clip: ClipRange
    package var proximalPolicy: ProximalPolicy
    /// C, the truncation of π_prox/μ.
    package var maximumWeight: Double
    package var aggregation: Aggregation

    package init(
        clip: ClipRange = ClipRange(low: 0.2, high: 0.2), proximalPolicy: ProximalPolicy = .recomputed,
        maximumWeight: Double = .infinity, aggregation: Aggregation = .tokenMean
    ) {
        self.clip = clip
        self.proximalPolicy = proximalPolicy
        self.maximumWeight = maximumWeight
        self.aggregation = aggregation
    }

    package var parameters: String {
        "\(clip), proximal policy \(proximalPolicy.rawValue), weight to the sampler "
            + (maximumWeight.isFinite ? "at most \(maximumWeight)" : "unbounded")
    }

    package mutating func adopt(_ options: ObjectiveOptions) {
        clip.adopt(options)
        maximumWeight = options.maximumWeight ?? maximumWeight
        proximalPolicy = options.proximalPolicy ?? proximalPolicy
    }

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        let weight = min(exponential(token.oldLogProbability - token.samplerLogProbability), maximumWeight)
        var term = clip.surrogate(ratio: token.ratio, advantage: token.advantage)
        term.value *= weight
        term.derivative *= weight
        return term
    }
}
