/// The sections that show columns of the step table as they are.
enum MetricSections {
    static func learning(_ runs: [RunData]) -> Section? {
        section(
            runs, id: "learning", title: "Learning",
            lead: "Thin lines are single steps, thick ones their running mean. Unknown verdicts are no part of these.",
            [
                Metric("Reward", "reward_mean", .number, note: "mean over the batch"),
                Metric(
                    "Accuracy", "accuracy", .share, note: "judged correct, of those with a verdict", includesZero: true),
                Metric(
                    "Reward spread", "reward_std", .number, note: "standard deviation over the batch",
                    includesZero: true),
                Metric(
                    "Groups without spread", "groups_without_spread", .share, note: "they teach nothing",
                    includesZero: true, divisor: "groups"),
                Metric("Loss", "loss", .number, note: "sum over the step's updates"),
                Metric("Penalty for length", "overlong_penalty_mean", .number, isOptional: true),
            ])
    }

    static func policy(_ runs: [RunData]) -> Section? {
        section(
            runs, id: "policy", title: "Policy and update",
            lead: "π_θ is the policy being updated, π_old the policy at the start of the step, μ the one that sampled.",
            [
                Metric("Entropy", "entropy", .number("nats"), note: "mean over response tokens", includesZero: true),
                Metric("KL(μ‖π_old)", "kl_k3", .number("nats"), note: "per token, estimator k3", includesZero: true),
                Metric("KL(μ‖π_old), k1", "kl_k1", .number("nats"), note: "per token; may be negative", guide: 0),
                Metric("Clipped sequences", "clip_fraction_sequences", .share, includesZero: true),
                Metric("Clipped tokens", "clip_fraction_tokens", .share, includesZero: true),
                Metric("Ratio π_θ/π_old", "ratio_mean", .number, note: "mean over sequences", guide: 1),
                Metric("Largest ratio", "ratio_max", .number, note: "of a token, π_θ/π_old", kind: .logarithmic),
                Metric(
                    "Effective sample size", "effective_sample_size", .share,
                    note: "of π_old/μ over tokens; 100 % on policy"),
                Metric(
                    "Largest log-probability gap", "log_probability_gap_max", .number("nats"),
                    note: "log μ against log π_old", includesZero: true),
                Metric("Gradient norm", "gradient_norm", .number, note: "before clipping", kind: .logarithmic),
                Metric("Learning rate", "learning_rate", .number, includesZero: true),
                Metric(
                    "Refused updates", "skipped_updates", .count("updates"), note: "something was not finite",
                    includesZero: true, isOptional: true),
            ] + corrections(runs) + experts)
    }

    private static func corrections(_ runs: [RunData]) -> [Metric] {
        let masks = Set(runs.flatMap { $0.steps.members(of: "masked_fractions") }).sorted()
        return [
            Metric(
                "Corrected tokens", "corrected_fraction", .share, note: "π_old/μ cut or set to 0", includesZero: true,
                isOptional: true),
            Metric("Correction weight", "correction_weight_mean", .number, note: "mean after the clamp", guide: 1),
            Metric(
                "KL(π_θ‖π_ref)", "reference_kl_k3", .number("nats"), note: "per token, estimator k3", isOptional: true),
            Metric("Entropy bonus", "entropy_bonus_loss", .number, note: "part of the loss", isOptional: true),
        ]
            + masks.map {
                Metric(
                    "Tokens left out by mask: \($0)", "masked_fractions/\($0)", .share, includesZero: true,
                    isOptional: true)
            }
    }

    private static let experts = [
        Metric(
            "Expert disagreement", "expert_disagreement", .share, note: "learner's routers against the rollout's",
            includesZero: true),
        Metric("Largest expert load", "expert_load_max", .number("× even share"), guide: 1),
        Metric("Load-balancing loss", "load_balance_loss", .number, isOptional: true),
    ]

    private static func section(
        _ runs: [RunData], id: String, title: String, lead: String, _ metrics: [Metric]
    ) -> Section? {
        let figures = metrics.compactMap { $0.figure(runs) }
        return figures.isEmpty ? nil : Section(id: id, title: title, lead: lead, content: ChartGrid.markup(figures))
    }
}
