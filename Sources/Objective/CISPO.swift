/// Clipped importance-sampling weight policy optimization (MiniMax-M1, arXiv 2506.13585, eqs. 4 and 5).
///
///     J = 1/Σ_i|T_i| Σ_i Σ_t sg[ min(r_t, 1 + ε_high) ] A_i log π_θ,   r_t = π_θ/π_old
///
/// The weight is clipped, never the update: every token keeps a gradient. There is no lower bound. The paper tunes
/// ε_high without stating it; the default bound of 5 on the weight (ε_high = 4) is ScaleRL's (arXiv 2510.13786).
package struct CISPO: TokenObjective {
    package let name = "cispo"
    package let options: Set<ObjectiveOptions.Name> = [.clipHigh, .aggregation]
    /// Largest importance weight, 1 + ε_high.
    package var maximumWeight: Double
    package var aggregation: Aggregation

    package init(maximumWeight: Double = 5, aggregation: Aggregation = .tokenMean) {
        self.maximumWeight = maximumWeight
        self.aggregation = aggregation
    }

    package var parameters: String { "importance weight at most \(maximumWeight)" }

    package mutating func adopt(_ options: ObjectiveOptions) {
        if let high = options.clipHigh { maximumWeight = 1 + high }
    }

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        let derivative = min(token.ratio, maximumWeight) * token.advantage
        return TokenSurrogate(value: derivative * token.logProbability, derivative: derivative, clipped: false)
    }
}
