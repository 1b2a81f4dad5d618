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
    /// - Parameter generationBudget: longest response in tokens: the constant of Dr. GRPO, and of `constant` without length.
    /// - Throws: `ObjectiveError` if a value is given that the objective has no use for.
    package func make(
        _ options: ObjectiveOptions = ObjectiveOptions(), generationBudget: Int
    ) throws(ObjectiveError) -> any PolicyObjective {
        var objective = published(generationBudget: generationBudget)
        let aggregations: Set<ObjectiveOptions.Name> = [.aggregation, .aggregationLength]
        let foreign = options.given.subtracting(objective.options).subtracting(aggregations)
        if let option = ObjectiveOptions.Name.allCases.first(where: foreign.contains) {
            throw .notApplicable(option: option, objective: self)
        }
        objective.adopt(options)
        objective.aggregation = try aggregation(
            options, own: objective.aggregation, isFree: objective.options.contains(.aggregation),
            generationBudget: generationBudget)
        return objective
    }

    /// The advantage the objective was published with.
    package var publishedAdvantage: AdvantageEstimator {
        switch self {
        case .drGRPO, .miniRL, .reinforce: .centered
        case .gspo, .gspoToken, .grpo, .dapo, .cispo, .sapo, .gmpo, .decoupledPPO: .standardized()
        }
    }

    /// Whether the objective was published with dynamic sampling: groups without spread are replaced.
    package var samplesDynamically: Bool { self == .dapo }

    /// The share of the longest response over which the soft overlong penalty grows, if the objective was published with it.
    package var overlongBuffer: Double? { self == .dapo ? 4096.0 / 20480.0 : nil }

    private func published(generationBudget: Int) -> any PolicyObjective {
        switch self {
        case .gspo: GSPO()
        case .gspoToken: GSPOToken()
        case .grpo: GRPO()
        case .drGRPO: DrGRPO(generationBudget: generationBudget)
        case .dapo: DAPO()
        case .cispo: CISPO()
        case .sapo: SAPO()
        case .gmpo: GMPO()
        case .miniRL: MiniRL()
        case .reinforce: REINFORCE()
        case .decoupledPPO: DecoupledPPO()
        }
    }

    private func aggregation(
        _ options: ObjectiveOptions, own: Aggregation, isFree: Bool, generationBudget: Int
    ) throws(ObjectiveError) -> Aggregation {
        let kind = options.aggregation ?? own.kind
        guard isFree || kind == own.kind else { throw .perSequence(objective: self) }
        guard kind == .constant || options.aggregationLength == nil else { throw .lengthWithoutConstant }
        switch kind {
        case .sequenceMean: return .sequenceMean
        case .tokenMean: return .tokenMean
        case .constant:
            if let length = options.aggregationLength { return .constant(length) }
            return own.kind == .constant ? own : .constant(generationBudget)
        }
    }
}
