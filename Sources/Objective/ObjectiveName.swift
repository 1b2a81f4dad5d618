/// The objectives by the names they bear in configurations and logs.
package enum ObjectiveName: String, Sendable, CaseIterable {
    case gspo
    case gspoToken = "gspo-token"
    case grpo
    case drGRPO = "dr-grpo"
    case dapo, cispo, sapo, gmpo
    case miniRL = "mini-rl"
    case reinforce
    case decoupledPPO = "decoupled-ppo"

    /// The objective with its published defaults, except for what is given.
    ///
    /// - Parameters:
    ///   - clipLow: ε_low; in GMPO the lower bound of the log ratio. nil for the default.
    ///   - clipHigh: ε_high; in GMPO the upper bound of the log ratio, in CISPO the largest weight less 1.
    ///   - aggregation: nil for the default.
    ///   - generationBudget: longest response in tokens, the constant of Dr. GRPO.
    /// - Throws: `ObjectiveError.notApplicable` if a value is given that the objective has no use for.
    package func make(
        clipLow: Double? = nil, clipHigh: Double? = nil, aggregation: Aggregation? = nil, generationBudget: Int
    ) throws(ObjectiveError) -> any PolicyObjective {
        try refuseUnusable(clipLow: clipLow, clipHigh: clipHigh, aggregation: aggregation)
        func clip(_ defaults: ClipRange) -> ClipRange {
            ClipRange(low: clipLow ?? defaults.low, high: clipHigh ?? defaults.high)
        }
        switch self {
        case .gspo: return GSPO(clip: clip(GSPO().clip))
        case .gspoToken: return GSPOToken(clip: clip(GSPOToken().clip))
        case .grpo: return GRPO(clip: clip(GRPO().clip), aggregation: aggregation ?? GRPO().aggregation)
        case .drGRPO:
            var objective = DrGRPO(generationBudget: generationBudget)
            objective.clip = clip(objective.clip)
            objective.aggregation = aggregation ?? objective.aggregation
            return objective
        case .dapo: return DAPO(clip: clip(DAPO().clip), aggregation: aggregation ?? DAPO().aggregation)
        case .cispo:
            return CISPO(
                maximumWeight: clipHigh.map { 1 + $0 } ?? CISPO().maximumWeight,
                aggregation: aggregation ?? CISPO().aggregation)
        case .sapo: return SAPO(aggregation: aggregation ?? SAPO().aggregation)
        case .gmpo: return GMPO(logarithmicClip: clip(GMPO().logarithmicClip))
        case .miniRL: return MiniRL(clip: clip(MiniRL().clip), aggregation: aggregation ?? MiniRL().aggregation)
        case .reinforce: return REINFORCE(aggregation: aggregation ?? REINFORCE().aggregation)
        case .decoupledPPO:
            return DecoupledPPO(
                clip: clip(DecoupledPPO().clip), aggregation: aggregation ?? DecoupledPPO().aggregation)
        }
    }

    /// The advantage the objective was published with.
    package var publishedAdvantage: AdvantageEstimator {
        switch self {
        case .drGRPO, .miniRL, .reinforce: .centered
        case .gspo, .gspoToken, .grpo, .dapo, .cispo, .sapo, .gmpo, .decoupledPPO: .standardized()
        }
    }

    private func refuseUnusable(
        clipLow: Double?, clipHigh: Double?, aggregation: Aggregation?
    ) throws(ObjectiveError) {
        let unclipped: Set<ObjectiveName> = [.sapo, .reinforce]
        if clipLow != nil, unclipped.contains(self) || self == .cispo {
            throw .notApplicable(setting: "a lower clip bound", objective: self)
        }
        if clipHigh != nil, unclipped.contains(self) {
            throw .notApplicable(setting: "an upper clip bound", objective: self)
        }
        let perSequence: Set<ObjectiveName> = [.gspo, .gspoToken, .gmpo]
        if let aggregation, aggregation != .sequenceMean, perSequence.contains(self) {
            throw .notApplicable(setting: "aggregation by \(aggregation)", objective: self)
        }
    }
}

/// Why an objective cannot be made as asked.
package enum ObjectiveError: Error, Equatable, CustomStringConvertible {
    case notApplicable(setting: String, objective: ObjectiveName)

    package var description: String {
        switch self {
        case .notApplicable(let setting, let objective):
            "\(setting) is set, but \(objective.rawValue) has none; leave it unset or choose another objective"
        }
    }
}
