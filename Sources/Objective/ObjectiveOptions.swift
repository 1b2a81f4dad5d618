/// What a run may change about an objective; nil leaves the default of the objective's paper.
package struct ObjectiveOptions: Sendable, Equatable {
    /// ε_low; in GMPO the lower bound of the log ratio.
    package var clipLow: Double?
    /// ε_high; in GMPO the upper bound of the log ratio, in CISPO the largest weight less 1.
    package var clipHigh: Double?
    /// Truncation of the ratio to the sampler that the objective itself contains.
    package var maximumWeight: Double?
    /// SAPO's τ where the advantage is positive, and where it is not.
    package var positiveTemperature: Double?
    package var negativeTemperature: Double?
    package var aggregation: Aggregation.Kind?
    /// L of `Aggregation.constant`, in tokens.
    package var aggregationLength: Int?
    package var proximalPolicy: ProximalPolicy?

    package init() {}

    /// The options that are set, by their names in configurations.
    var given: Set<Name> {
        let all: [(Name, Bool)] = [
            (.clipLow, clipLow != nil), (.clipHigh, clipHigh != nil), (.maximumWeight, maximumWeight != nil),
            (.positiveTemperature, positiveTemperature != nil), (.negativeTemperature, negativeTemperature != nil),
            (.aggregation, aggregation != nil), (.aggregationLength, aggregationLength != nil),
            (.proximalPolicy, proximalPolicy != nil),
        ]
        return Set(all.filter(\.1).map(\.0))
    }

    /// The options by the names they bear in configurations.
    package enum Name: String, Sendable, CaseIterable {
        case clipLow = "objective.clip_low"
        case clipHigh = "objective.clip_high"
        case maximumWeight = "objective.maximum_weight"
        case positiveTemperature = "objective.temperature_positive"
        case negativeTemperature = "objective.temperature_negative"
        case aggregation = "objective.aggregation"
        case aggregationLength = "objective.aggregation_tokens"
        case proximalPolicy = "objective.proximal_policy"
    }
}

/// Why an objective, or what acts on it, cannot be made as asked. Every case is a sentence that names the settings.
package enum ObjectiveError: Error, Equatable, CustomStringConvertible {
    /// The objective's formula has no place for the option.
    case notApplicable(option: ObjectiveOptions.Name, objective: ObjectiveName)
    /// The objective's terms belong to whole sequences, which only a mean over sequences averages.
    case perSequence(objective: ObjectiveName)
    /// A length without the aggregation that divides by it.
    case lengthWithoutConstant
    /// The ratio to the sampler stands in the formula already.
    case correctedTwice(objective: ObjectiveName)
    /// Settings that are each allowed and make no sense together.
    case contradiction(settings: [String], reason: String)

    package var description: String {
        switch self {
        case .notApplicable(let option, let objective):
            "\(option.rawValue) is set, but \(objective.rawValue) has no use for it: set it to null or choose another "
                + "objective.kind"
        case .perSequence(let objective):
            "objective.aggregation must be null or sequence-mean with \(objective.rawValue): its terms belong to whole "
                + "sequences, not to tokens"
        case .lengthWithoutConstant:
            "objective.aggregation_tokens is set, but the aggregation divides by no constant: set objective.aggregation "
                + "to constant, or this to null"
        case .correctedTwice(let objective):
            "objective.kind \(objective.rawValue) corrects for the sampler itself: set objective.correction.kind to null "
                + "or none"
        case .contradiction(let settings, let reason):
            "\(settings.joined(separator: ", ")): \(reason)"
        }
    }
}
