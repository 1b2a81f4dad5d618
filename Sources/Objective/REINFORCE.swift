/// REINFORCE (Williams 1992) with a group baseline: no ratio, no clip, hence right only on policy.
///
///     J = 1/N Σ_i Σ_t A_i log π_θ
///
/// A_i = R_i − mean(R), or R_i minus the mean of the others (RLOO, arXiv 2402.14740): see `AdvantageEstimator`.
package struct REINFORCE: TokenObjective {
    package let name = "reinforce"
    package let options: Set<ObjectiveOptions.Name> = [.aggregation]
    package let parameters = "no ratio, no clip"
    package var aggregation: Aggregation

    package init(aggregation: Aggregation = .constant(1)) { self.aggregation = aggregation }

    package mutating func adopt(_ options: ObjectiveOptions) {}

    package func surrogate(_ token: TokenView) -> TokenSurrogate {
        TokenSurrogate(
            value: token.advantage * token.logProbability, derivative: token.advantage, clipped: false)
    }
}
