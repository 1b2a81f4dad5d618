/// Decoupled PPO (arXiv 2110.00641; for language models AReaL, arXiv 2505.24298, eq. 5).
///
///     J = 1/Σ_i|T_i| Σ_i Σ_t min(π_prox/μ, C) · min( u_t A_i, clip(u_t, 1 − ε, 1 + ε) A_i ),   u_t = π_θ/π_prox
///
/// The trust region is drawn around a proximal policy close to π_θ, while the weight to the sampler corrects for
/// staleness. ε = 0.2, C unbounded.
package struct DecoupledPPO: TokenObjective {
    /// Where log π_prox comes from. It is a constant of the gradient either way.
    package enum ProximalPolicy: Sendable, Equatable {
        /// π_old as recomputed by the learner.
        case recomputed
        /// log π_prox = α log μ + (1 − α) log π_θ with α = 1/staleness, and 0 for fresh tokens (A-3PO,
        /// arXiv 2512.06547): saves the recomputation.
        case logLinear
    }

    package let name = "decoupled-ppo"
    package let correctsForSampler = true
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

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        let proximal = proximalLogProbability(token)
        let weight = min(exponential(proximal - token.samplerLogProbability), maximumWeight)
        var term = clip.surrogate(
            ratio: exponential(token.logProbability - proximal), advantage: token.advantage)
        term.value *= weight
        term.derivative *= weight
        return term
    }

    private func proximalLogProbability(_ token: TokenView) -> Double {
        switch proximalPolicy {
        case .recomputed: return token.oldLogProbability
        case .logLinear:
            let alpha = token.staleness > 0 ? 1 / Double(token.staleness) : 0
            return alpha * token.samplerLogProbability + (1 - alpha) * token.logProbability
        }
    }
}
