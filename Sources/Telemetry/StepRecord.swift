/// One optimizer batch of the learner: the event "step".
///
/// Numbers that a step has no value for (no audit, no experts) stay nil and are written as null.
package struct StepRecord: LogRecord {
    package static let event = "step"

    /// Steps done, this one included.
    package var step: Int
    /// Policy version that the step produced.
    package var version: UInt64

    // Reward
    package var groups = 0
    package var responses = 0
    package var rewardMean: Double?
    /// Standard deviation of the reward over the batch's responses.
    package var rewardStandardDeviation: Double?
    /// Share of responses judged correct, of those with a verdict.
    package var accuracy: Double?
    /// Groups whose responses all have the same reward: they teach nothing.
    package var groupsWithoutSpread = 0
    /// Verdicts that are unknown, by reason.
    package var unknown = ReasonCounter()
    package var responseTokensMean: Double?
    /// Share of responses cut at the length limit.
    package var truncatedFraction: Double?

    // Staleness, in versions
    /// Responses by staleness of their oldest token.
    package var stalenessHistogram: [Int: Int] = [:]

    // Speed
    package var trainedTokens = 0
    /// From the end of the step before (or the start) to the end of this one.
    package var stepSeconds = 0.0
    /// Part of `stepSeconds` in which the learner waited, by cause.
    package var waitSeconds: [String: Double] = [:]

    // Conservation, in groups
    package var issued: UInt64 = 0
    package var trained: UInt64 = 0
    package var buffered: UInt64 = 0
    package var inFlight: UInt64 = 0
    package var dropped: [String: Int] = [:]
    package var conservationHolds = true

    // Optimization
    package var loss: Double?
    package var gradientNorm: Double?
    package var learningRate: Double?
    package var entropy: Double?
    package var clipFractionSequences: Double?
    package var clipFractionTokens: Double?
    package var ratioMean: Double?
    package var ratioMaximum: Double?
    /// KL(μ‖π_old), first and third estimator.
    package var klK1: Double?
    package var klK3: Double?
    package var logProbabilityGapMaximum: Double?
    package var effectiveSampleSize: Double?
    package var ratioOverTwoFraction: Double?
    /// The ratio π_old/μ before the correction's clamp.
    package var samplerRatioMean: Double?
    package var samplerRatioMaximum: Double?
    package var samplerRatioOverTwoFraction: Double?
    /// Mean of the correction's weights, after its clamp.
    package var correctionWeightMean: Double?
    /// Share of tokens whose ratio the train–inference correction set to 0 or cut.
    package var correctedFraction: Double?
    /// Share of tokens that each mask in use left out.
    package var maskedFractions: [String: Double] = [:]
    package var byStaleness: [Int: StalenessRecord] = [:]

    // Experts
    package var expertDisagreement: Double?
    package var expertDisagreementByLayer: [Double] = []
    /// Largest load of an expert in any layer, 1 when even.
    package var expertLoadMaximum: Double?

    // Penalties; null when not in use
    package var overlongPenaltyMean: Double?
    /// KL(π_θ‖π_ref), first and third estimator, and the penalty's part of the loss.
    package var referenceKLK1: Double?
    package var referenceKLK3: Double?
    package var referenceKLLoss: Double?
    package var entropyBonusLoss: Double?
    package var loadBalanceLoss: Double?

    // Audit of promise 5
    package var auditTokensChecked = 0
    package var auditMismatches = 0

    /// Further fields; a key that is also a property's is ignored.
    package var additional: [String: LogValue] = [:]

    package init(step: Int, version: UInt64) {
        self.step = step
        self.version = version
    }

    /// Mean staleness of the batch's responses.
    package var stalenessMean: Double? {
        let count = stalenessHistogram.values.reduce(0, +)
        guard count > 0 else { return nil }
        return Double(stalenessHistogram.reduce(0) { $0 + $1.key * $1.value }) / Double(count)
    }

    package var fields: [String: LogValue] {
        let groups = [
            rewardFields, speedFields, conservationFields, optimizationFields, correctionFields, expertFields,
            penaltyFields,
        ]
        return groups.reduce(additional) { $0.merging($1) { $1 } }
    }

    private var rewardFields: [String: LogValue] {
        let occupied = stalenessHistogram.filter { $0.value > 0 }.keys
        return [
            "step": LogValue(step), "version": LogValue(version),
            "groups": LogValue(groups), "responses": LogValue(responses),
            "reward_mean": LogValue(rewardMean), "reward_std": LogValue(rewardStandardDeviation),
            "accuracy": LogValue(accuracy), "groups_without_spread": LogValue(groupsWithoutSpread),
            "unknown": LogValue(unknown), "response_tokens_mean": LogValue(responseTokensMean),
            "truncated_fraction": LogValue(truncatedFraction),
            "staleness_min": occupied.min().map { LogValue($0) } ?? .null,
            "staleness_mean": LogValue(stalenessMean),
            "staleness_max": occupied.max().map { LogValue($0) } ?? .null,
            "staleness_histogram": .object(
                Dictionary(uniqueKeysWithValues: stalenessHistogram.map { (String($0.key), LogValue($0.value)) })),
        ]
    }

    private var speedFields: [String: LogValue] {
        [
            "trained_tokens": LogValue(trainedTokens), "step_seconds": .number(stepSeconds),
            "tokens_per_second": stepSeconds > 0 ? .number(Double(trainedTokens) / stepSeconds) : .null,
            "wait_seconds": LogValue(waitSeconds),
            "audit_tokens_checked": LogValue(auditTokensChecked), "audit_mismatches": LogValue(auditMismatches),
        ]
    }

    private var conservationFields: [String: LogValue] {
        [
            "issued": LogValue(issued), "trained": LogValue(trained), "buffered": LogValue(buffered),
            "in_flight": LogValue(inFlight), "dropped": LogValue(dropped),
            "conservation_ok": .boolean(conservationHolds),
        ]
    }

    private var optimizationFields: [String: LogValue] {
        [
            "loss": LogValue(loss), "gradient_norm": LogValue(gradientNorm), "learning_rate": LogValue(learningRate),
            "entropy": LogValue(entropy), "clip_fraction_sequences": LogValue(clipFractionSequences),
            "clip_fraction_tokens": LogValue(clipFractionTokens), "ratio_mean": LogValue(ratioMean),
            "ratio_max": LogValue(ratioMaximum), "kl_k1": LogValue(klK1), "kl_k3": LogValue(klK3),
            "log_probability_gap_max": LogValue(logProbabilityGapMaximum),
            "effective_sample_size": LogValue(effectiveSampleSize),
            "ratio_over_two_fraction": LogValue(ratioOverTwoFraction),
            "by_staleness": .object(
                Dictionary(uniqueKeysWithValues: byStaleness.map { (String($0.key), $0.value.value) })),
        ]
    }

    private var correctionFields: [String: LogValue] {
        [
            "sampler_ratio_mean": LogValue(samplerRatioMean), "sampler_ratio_max": LogValue(samplerRatioMaximum),
            "sampler_ratio_over_two_fraction": LogValue(samplerRatioOverTwoFraction),
            "correction_weight_mean": LogValue(correctionWeightMean),
            "corrected_fraction": LogValue(correctedFraction), "masked_fractions": LogValue(maskedFractions),
        ]
    }

    private var expertFields: [String: LogValue] {
        [
            "expert_disagreement": LogValue(expertDisagreement),
            "expert_disagreement_by_layer": .list(expertDisagreementByLayer.map { .number($0) }),
            "expert_load_max": LogValue(expertLoadMaximum),
        ]
    }

    private var penaltyFields: [String: LogValue] {
        [
            "overlong_penalty_mean": LogValue(overlongPenaltyMean), "reference_kl_k1": LogValue(referenceKLK1),
            "reference_kl_k3": LogValue(referenceKLK3), "reference_kl_loss": LogValue(referenceKLLoss),
            "entropy_bonus_loss": LogValue(entropyBonusLoss), "load_balance_loss": LogValue(loadBalanceLoss),
        ]
    }
}
