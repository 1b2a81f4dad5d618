/// Decoupled Clip and Dynamic Sampling Policy Optimization (arXiv 2503.14476, eq. 8).
///
///     J = 1/Σ_i|T_i| Σ_i Σ_t min( r_t A_i, clip(r_t, 1 − ε_low, 1 + ε_high) A_i )
///
/// ε_low 0.2, ε_high 0.28 ("clip higher"). The paper writes the token mean within each prompt's group; its code, and
/// this type, take it over the whole step. Dynamic sampling is a matter of which groups are trained, the soft overlong
/// penalty one of the reward: see `OverlongPenalty`.
package struct DAPO: TokenObjective {
    package let name = "dapo"
    package let options: Set<ObjectiveOptions.Name> = [.clipLow, .clipHigh, .aggregation]
    package var clip: ClipRange
    package var aggregation: Aggregation

    package init(clip: ClipRange = ClipRange(low: 0.2, high: 0.28), aggregation: Aggregation = .tokenMean) {
        self.clip = clip
        self.aggregation = aggregation
    }

    package var parameters: String { clip.description }

    package mutating func adopt(_ options: ObjectiveOptions) { clip.adopt(options) }

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        clip.surrogate(ratio: token.ratio, advantage: token.advantage)
    }
}
