/// Decides whether a prediction says what the gold answer says.
///
/// The way through: equal trees; assignments are unwrapped; collections are compared by their elements; relations up to
/// scaling, or as the intervals they describe; scalars exactly, with tolerance only if one is written as a decimal.
/// Every element pair comes back to `compare`, the gold answer's always first.
struct AnswerComparison {
    struct Settings: Equatable, Sendable {
        /// Digits behind the point to which a decimal must agree.
        var decimalPlaces = 6
        /// Whether x ≥ 2 answers a gold answer of [2, ∞); the reverse is always allowed.
        var relationsAnswerSets = true
    }

    let algebra: Algebra
    let settings: Settings

    var normalizer: Normalizer { Normalizer(algebra: algebra) }
    var forms: FormComparison { FormComparison(algebra: algebra) }

    init(budget: WorkBudget, settings: Settings) {
        algebra = Algebra(budget: budget)
        self.settings = settings
    }

    /// - Throws: `malformed` if the gold answer has no value, `tooLarge` if it is beyond `Limits`, `overBudget`.
    func compare(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision {
        try algebra.budget.charge(16)
        if gold == prediction { return .equal }
        if let decision = try exactValues(gold, prediction) { return decision }
        let (gold, prediction) = (settled(gold), settled(prediction))
        if gold == prediction { return .equal }
        let (left, right) = (Statement(gold), Statement(prediction))
        if let decision = try assignments(left, right) { return decision }
        if let decision = try relations(gold, prediction) { return decision }
        if let decision = try collections(gold, prediction) { return decision }
        return try scalars(gold, prediction)
    }

    /// Unwraps "x = …" on one or both sides; nil if there is nothing to unwrap.
    private func assignments(_ gold: Statement, _ prediction: Statement) throws(MathFailure) -> Decision? {
        switch (gold, prediction) {
        case (.assignment(let goldName, let goldValue), .assignment(let name, let value)):
            guard let goldName, let name, goldName != name else { return try compare(goldValue, value) }
            // f(n) = n² and f(x) = x² say the same.
            guard let left = goldName.application, let right = name.application, left.function == right.function else {
                return nil
            }
            return try compare(goldValue, value.renaming([right.variable: left.variable]))
        case (.assignment(_, let value), .other(let prediction)):
            return try compare(value, prediction)
        case (.other(let gold), .assignment(_, let value)):
            return try compare(gold, value)
        case (.other(let gold), .identity(let left, let right)):
            return try ordered([gold, gold], [left, right])
        case (.identity(_, let right), .other(let prediction)):
            return try compare(right, prediction)
        default:
            return nil
        }
    }

    /// Splits ± into both signs, gathers unions, calculates matrices, drops what is not compared.
    private func settled(_ expression: Expression) -> Expression {
        switch expression {
        case .list(let elements): return .list(elements.flatMap { bothSigns($0) })
        case .set(let elements): return .set(elements.flatMap { bothSigns($0) })
        case .relation(let first, let links):
            guard links.count == 1, links[0].sign == .equal else { return expression }
            let right = bothSigns(links[0].right)
            guard right.count > 1 else { return expression }
            return .relation(first, [Expression.Link(sign: .equal, right: .list(right))])
        case .tuple: return expression
        default:
            let variants = bothSigns(expression)
            return variants.count == 1 ? variants[0] : .list(variants)
        }
    }

    private func bothSigns(_ expression: Expression) -> [Expression] {
        let hasSign = expression.contains {
            switch $0 {
            case .plusMinus, .minusPlus: true
            default: false
            }
        }
        return hasSign ? [expression.choosing(isUpper: true), expression.choosing(isUpper: false)] : [expression]
    }
}
