/// What a step's sequences of one staleness have in common; part of the event "step". Definitions: docs/algorithms.md.
package struct StalenessRecord: Sendable, Equatable {
    package var sequences: Int
    package var tokens: Int
    package var rewardMean = 0.0
    package var clipFractionSequences = 0.0
    package var clipFractionTokens = 0.0
    /// Share of tokens that a correction or mask gave the weight 0.
    package var weightZeroFraction = 0.0
    package var ratioMean = 0.0
    package var ratioMaximum = 0.0
    /// KL(μ‖π_old), first and third estimator.
    package var klK1 = 0.0
    package var klK3 = 0.0
    package var effectiveSampleSize = 0.0
    /// Share of the step's gradient signal.
    package var gradientShare = 0.0

    package init(sequences: Int, tokens: Int) {
        self.sequences = sequences
        self.tokens = tokens
    }

    var value: LogValue {
        .object([
            "sequences": LogValue(sequences), "tokens": LogValue(tokens), "reward_mean": .number(rewardMean),
            "clip_fraction_sequences": .number(clipFractionSequences),
            "clip_fraction_tokens": .number(clipFractionTokens),
            "weight_zero_fraction": .number(weightZeroFraction), "ratio_mean": .number(ratioMean),
            "ratio_max": .number(ratioMaximum), "kl_k1": .number(klK1), "kl_k3": .number(klK3),
            "effective_sample_size": .number(effectiveSampleSize), "gradient_share": .number(gradientShare),
        ])
    }
}
