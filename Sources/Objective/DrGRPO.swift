/// Dr. GRPO, "GRPO done right" (arXiv 2503.20783, section 3.2): neither length nor deviation normalises.
///
///     J = 1/(N·L) Σ_i Σ_t min( r_t A_i, clip(r_t, 1 − ε, 1 + ε) A_i ),   A_i = R_i − mean(R)
///
/// L is a constant, in the authors' code the generation budget in tokens; ε = 0.2.
package struct DrGRPO: TokenObjective {
    package let name = "dr-grpo"
    package let options: Set<ObjectiveOptions.Name> = [.clipLow, .clipHigh, .aggregation]
    package var clip: ClipRange
    package var aggregation: Aggregation

    /// - Parameter generationBudget: L, the longest response allowed, in tokens.
    package init(generationBudget: Int, clip: ClipRange = ClipRange(low: 0.2, high: 0.2)) {
        self.clip = clip
        aggregation = .constant(generationBudget)
    }

    package var parameters: String { clip.description }

    package mutating func adopt(_ options: ObjectiveOptions) { clip.adopt(options) }

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        clip.surrogate(ratio: token.ratio, advantage: token.advantage)
    }
}
