/// MiniRL (arXiv 2512.01374): REINFORCE made robust with as little as possible.
///
///     J = 1/N Σ_i Σ_t M_t · sg[ min(π_θ/μ, 5) ] · A_i · log π_θ,   A_i = R_i − mean(R)
///     M_t = 0 where A_i > 0 and π_θ/π_old > 1 + ε_high, or A_i < 0 and π_θ/π_old < 1 − ε_low; else 1
///
/// ε_low 0.2, ε_high 0.27; no length normalisation. The ratio is to the sampler, so it carries the train–inference
/// correction and the staleness together.
package struct MiniRL: TokenObjective {
    package let name = "mini-rl"
    package let correctsForSampler = true
    package let options: Set<ObjectiveOptions.Name> = [.clipLow, .clipHigh, .maximumWeight, .aggregation]
    package var clip: ClipRange
    /// Truncation of π_θ/μ.
    package var maximumWeight: Double
    package var aggregation: Aggregation

    package init(
        clip: ClipRange = ClipRange(low: 0.2, high: 0.27), maximumWeight: Double = 5,
        aggregation: Aggregation = .constant(1)
    ) {
        self.clip = clip
        self.maximumWeight = maximumWeight
        self.aggregation = aggregation
    }

    package var parameters: String { "\(clip), weight to the sampler at most \(maximumWeight)" }

    package mutating func adopt(_ options: ObjectiveOptions) {
        clip.adopt(options)
        maximumWeight = options.maximumWeight ?? maximumWeight
    }

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        if clip.clips(ratio: token.ratio, advantage: token.advantage) { return .masked() }
        let weight = min(exponential(token.logProbability - token.samplerLogProbability), maximumWeight)
        let derivative = weight * token.advantage
        return TokenSurrogate(value: derivative * token.logProbability, derivative: derivative, clipped: false)
    }
}
