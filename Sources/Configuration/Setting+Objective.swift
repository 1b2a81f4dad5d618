extension Setting {
    /// The section `objective`.
    static let objective: [Setting] = formula + reward + weights + penalties

    private static let formula: [Setting] = [
        Setting("objective.kind", \.objective.kind, .choice, "The policy objective (docs/algorithms.md)."),
        Setting(
            "objective.clip_low", \.objective.clipLow,
            .optional(.number(0...1, exclusive: true), whenNull: "the objective's own (gspo 3e-4)"),
            "ε_l: the ratio is clipped below 1 − ε_l; with gmpo the log ratio below −ε_l."),
        Setting(
            "objective.clip_high", \.objective.clipHigh,
            .optional(.number(0...100, exclusive: true), whenNull: "the objective's own (gspo 4e-4)"),
            "ε_h: the ratio is clipped above 1 + ε_h; with gmpo the log ratio above ε_h, with cispo the weight above 1 + ε_h."
        ),
        Setting(
            "objective.maximum_weight", \.objective.maximumWeight,
            .optional(.number(1...1000), whenNull: "the objective's own (mini-rl 5, decoupled-ppo unbounded)"),
            "Truncation of the ratio to the sampler that mini-rl and decoupled-ppo contain."),
        Setting(
            "objective.temperature_positive", \.objective.temperaturePositive,
            .optional(.number(0...1000, exclusive: true), whenNull: "the objective's own (sapo 1)"),
            "τ of sapo's gate where the advantage is positive."),
        Setting(
            "objective.temperature_negative", \.objective.temperatureNegative,
            .optional(.number(0...1000, exclusive: true), whenNull: "the objective's own (sapo 1.05)"),
            "τ of sapo's gate elsewhere."),
        Setting(
            "objective.proximal_policy", \.objective.proximalPolicy,
            .optional(.choice, whenNull: "the objective's own (recomputed)"),
            "Where decoupled-ppo's proximal policy comes from: a forward pass, or log-linear between sampler and policy (A-3PO), which saves the pass."
        ),
        Setting(
            "objective.aggregation", \.objective.aggregation,
            .optional(.choice, whenNull: "the objective's own"),
            "How tokens are averaged: mean over sequences of token means, mean over all tokens, or token sums divided by a constant and averaged over sequences."
        ),
        Setting(
            "objective.aggregation_tokens", \.objective.aggregationTokens,
            .optional(
                .integer(1...1_048_576),
                whenNull: "the objective's own (mini-rl and reinforce 1), else rollout.max_response_tokens"),
            "The constant of the aggregation `constant`."),
    ]

    private static let reward: [Setting] = [
        Setting(
            "objective.advantage", \.objective.advantage, .optional(.choice, whenNull: "the objective's own"),
            "(R − mean)/std within the group, R − mean, R less the mean of the others (RLOO), or zero (a control run that must not learn)."
        ),
        Setting(
            "objective.overlong.buffer_tokens", \.objective.overlong.bufferTokens,
            .optional(
                .integer(0...1_048_576),
                whenNull: "as the objective was published (dapo: a fifth of rollout.max_response_tokens, else 0)"),
            "Last tokens before rollout.max_response_tokens over which the soft overlong penalty grows; 0 for none."),
        Setting(
            "objective.overlong.penalty", \.objective.overlong.penalty, .number(0...1000, exclusive: true),
            "What a response of the longest length loses of its reward."),
    ]

    private static let weights: [Setting] = [
        Setting(
            "objective.correction.kind", \.objective.correction.kind,
            .optional(.choice, whenNull: "icepop, or none if the objective corrects for the sampler itself"),
            "Weight k = π_old/μ per token: IcePop keeps k within [low, high], else 0; TIS cuts it at high; none is 1."),
        Setting(
            "objective.correction.low", \.objective.correction.low,
            .optional(.number(0...1), whenNull: "as published (0.5)"), "Lower bound of k for IcePop."),
        Setting(
            "objective.correction.high", \.objective.correction.high,
            .optional(.number(1...1000), whenNull: "as published (icepop 5, tis 2)"), "Upper bound of k."),
        Setting(
            "objective.geometric_mask.low", \.objective.geometricMask.low,
            .optional(.number(0...1), whenNull: "no lower bound"),
            "Sequences whose geometric mean of k is below are left out."),
        Setting(
            "objective.geometric_mask.high", \.objective.geometricMask.high,
            .optional(.number(1...1000), whenNull: "no upper bound"),
            "Sequences whose geometric mean of k is above are left out."),
        Setting(
            "objective.off_policy_mask.threshold", \.objective.offPolicyMask.threshold,
            .optional(.number(0...1000), whenNull: "no such mask"),
            "Sequences of negative advantage with a mean of log μ − log π_θ above this, in nats per token, are left out (OPSM)."
        ),
        Setting(
            "objective.entropy_mask.fraction", \.objective.entropyMask.fraction, .number(0...1, exclusive: true),
            "Share of the mini-batch's tokens that is trained, by the policy's entropy; 1 for all (published: 0.2)."),
        Setting(
            "objective.entropy_mask.end", \.objective.entropyMask.end, .choice,
            "Whether those of highest or of lowest entropy are trained."),
        Setting(
            "objective.routing_replay", \.objective.routingReplay, .choice,
            "Experts used in training: the router's own, those of the π_old pass (R2), those of the rollout (R3)."),
    ]

    private static let penalties: [Setting] = [
        Setting(
            "objective.reference_kl", \.objective.referenceKL, .number(0...1000),
            "β: weight of KL(π_θ‖π_ref), estimator k3, to the policy that the run started from; 0 for none. The learner then keeps that policy's weights in memory and runs one more forward pass."
        ),
        Setting(
            "objective.entropy_bonus", \.objective.entropyBonus, .number(-1000...1000),
            "Weight of the policy's mean entropy, which the loss rewards; negative to punish it, 0 for none."),
        Setting(
            "objective.load_balance", \.objective.loadBalance, .number(0...1000),
            "Weight of the load-balancing loss of mixtures of experts; 0 for none."),
    ]
}
