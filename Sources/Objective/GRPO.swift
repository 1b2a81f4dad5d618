/// Group Relative Policy Optimization (arXiv 2402.03300, eq. 3, without the KL term).
///
///     J = 1/N Σ_i 1/|T_i| Σ_t min( r_t A_i, clip(r_t, 1 − ε, 1 + ε) A_i ),   r_t = π_θ/π_old
///
/// Default ε = 0.2 on both sides. Advantages: (R − mean)/std of the group.
package struct GRPO: TokenObjective {
    package let name = "grpo"
    package let options: Set<ObjectiveOptions.Name> = [.clipLow, .clipHigh, .aggregation]
    package var clip: ClipRange
    package var aggregation: Aggregation

    package init(clip: ClipRange = ClipRange(low: 0.2, high: 0.2), aggregation: Aggregation = .sequenceMean) {
        self.clip = clip
        self.aggregation = aggregation
    }

    package var parameters: String { clip.description }

    package mutating func adopt(_ options: ObjectiveOptions) { clip.adopt(options) }

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        clip.surrogate(ratio: token.ratio, advantage: token.advantage)
    }
}
