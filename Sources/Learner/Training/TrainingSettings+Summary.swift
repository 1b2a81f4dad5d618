import Objective

extension TrainingSettings {
    /// What the run trains, with every default resolved, as names and sentences: the event `objective` of the log, and the
    /// comments of `--dry-run`.
    package var summary: [(name: String, text: String)] {
        [
            ("objective", "\(objective.name): \(objective.parameters)"),
            ("aggregation", objective.aggregation.description),
            ("advantage", advantages.description),
            ("overlong_penalty", overlongPenalty?.description ?? "none"),
            ("dynamic_sampling", dynamicSampling ? "groups without spread are replaced" : "off"),
            ("correction", objective.correctsForSampler ? "in the objective" : weighting.correction.description),
            ("geometric_mask", weighting.geometricMask?.description ?? "none"),
            ("off_policy_mask", weighting.offPolicyMask.map { "left out: \($0)" } ?? "none"),
            ("entropy_mask", weighting.entropyMask.map { "trained: \($0)" } ?? "none"),
            ("routing_replay", replay.description),
            ("reference_kl", referencePenalty.map { "k3, coefficient \($0.coefficient)" } ?? "none"),
            ("entropy_bonus", entropyBonus.map { "coefficient \($0.coefficient)" } ?? "none"),
            ("load_balance", loadBalance > 0 ? "coefficient \(loadBalance)" : "none"),
            ("mini_batches", "\(miniBatches) updates per step"),
        ]
    }
}

extension TrainingSettings.RoutingReplay: CustomStringConvertible {
    package var description: String {
        switch self {
        case .none: "none: the learner's router decides"
        case .recomputed: "r2: experts of the learner's π_old pass"
        case .rollout: "r3: experts of the rollout"
        }
    }
}
