/// Soft Adaptive Policy Optimization (arXiv 2511.20347, eqs. 4 and 5): a sigmoid gate in place of the clip.
///
///     J = 1/N Σ_i 1/|T_i| Σ_t f(r_t) A_i,   f(r) = 4/τ · σ(τ (r − 1)),   r_t = π_θ/π_old
///
/// τ is 1.0 where A > 0 and 1.05 elsewhere. ∂f/∂log π_θ = 4 σ (1 − σ) r, which is 1 at r = 1.
package struct SAPO: TokenObjective {
    package let name = "sapo"
    package let options: Set<ObjectiveOptions.Name> = [.positiveTemperature, .negativeTemperature, .aggregation]
    package var positiveTemperature: Double
    package var negativeTemperature: Double
    package var aggregation: Aggregation

    package init(
        positiveTemperature: Double = 1.0, negativeTemperature: Double = 1.05, aggregation: Aggregation = .sequenceMean
    ) {
        self.positiveTemperature = positiveTemperature
        self.negativeTemperature = negativeTemperature
        self.aggregation = aggregation
    }

    package var parameters: String {
        "soft gate, temperature \(positiveTemperature) for positive and \(negativeTemperature) for other advantages"
    }

    package mutating func adopt(_ options: ObjectiveOptions) {
        positiveTemperature = options.positiveTemperature ?? positiveTemperature
        negativeTemperature = options.negativeTemperature ?? negativeTemperature
    }

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        let temperature = token.advantage > 0 ? positiveTemperature : negativeTemperature
        let ratio = token.ratio
        let gate = 1 / (1 + exponential(-temperature * (ratio - 1)))
        return TokenSurrogate(
            value: 4 / temperature * gate * token.advantage,
            derivative: 4 * gate * (1 - gate) * ratio * token.advantage, clipped: false)
    }
}
