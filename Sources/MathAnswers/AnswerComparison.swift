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
        /// Whether names of variables must agree.
        var namesMatter = true
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
            guard goldName == nil || name == nil || goldName == name || !settings.namesMatter else { return nil }
            return try compare(goldValue, value)
        case (.assignment(_, let value), .other(let prediction)):
            return try compare(value, prediction)
        case (.other(let gold), .assignment(let name, let value)):
            // "x = 0" for 0, but no equation of the question's for its right side.
            _ = name
            return try compare(gold, value)
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

/// An answer seen as something said about a name, or not.
enum Statement {
    /// "name = value", "name ∈ set", or a chain of equations that ends in a value; the name is nil if the chain begins
    /// with something else.
    case assignment(name: Expression?, value: Expression)
    case equation
    case other(Expression)

    init(_ expression: Expression) {
        guard case .relation(let first, let all) = expression else {
            self = .other(expression)
            return
        }
        var links = all
        // "x = 1/3 ≈ 0.33": what follows ≈ is no part of the answer, unless nothing else is.
        if let rough = links.firstIndex(where: { $0.sign == .approximately }), rough > 0 || !first.isName {
            links.removeSubrange(rough...)
            guard !links.isEmpty else {
                self = .other(first)
                return
            }
        }
        guard let last = links.last, links.allSatisfy({ $0.sign == .equal || $0.sign == .approximately }) else {
            if links.count == 1, links[0].sign == .member {
                self = .assignment(name: first, value: links[0].right)
            } else {
                self = .other(expression)
            }
            return
        }
        if first.isName {
            self = .assignment(name: first, value: last.right)
        } else if links.count > 1 || first.isConstant || (first.isPlainInNames && !last.right.isZero) {
            self = .assignment(name: nil, value: last.right)
        } else {
            self = .equation
        }
    }
}

extension Expression {
    var isZero: Bool { self == .number(.zero) }

    /// Whether it only names something: x, f(x), |AB|, A : B, (p, q).
    var isName: Bool {
        switch self {
        case .symbol, .text: true
        case .constant(let constant): constant != .pi && constant != .infinity
        case .function(_, let inner): !inner.isEmpty
        case .product(let inner), .ratio(let inner), .tuple(let inner): inner.allSatisfy(\.isName)
        case .quotient(let top, let bottom): top.isName && bottom.isName
        default: false
        }
    }

    /// Whether there is no variable in it.
    var isConstant: Bool {
        !contains {
            switch $0 {
            case .symbol, .text, .list, .tuple, .set, .interval, .relation: true
            default: false
            }
        }
    }

    /// Whether it is a sum or product of names and their powers without a number as a factor or term: a + b, x² + y².
    var isPlainInNames: Bool {
        switch self {
        case .sum(let inner), .product(let inner): inner.allSatisfy(\.isPlainInNames)
        case .negative(let inner): inner.isPlainInNames
        case .power(let base, .number): base.isPlainInNames
        default: isName
        }
    }

    /// The expression with every ± as one of its signs.
    func choosing(isUpper: Bool) -> Expression {
        func map(_ inner: [Expression]) -> [Expression] { inner.map { $0.choosing(isUpper: isUpper) } }
        func one(_ inner: Expression) -> Expression { inner.choosing(isUpper: isUpper) }
        switch self {
        case .plusMinus(let inner): return isUpper ? one(inner) : .negative(one(inner))
        case .minusPlus(let inner): return isUpper ? .negative(one(inner)) : one(inner)
        case .sum(let inner): return .sum(map(inner))
        case .negative(let inner): return .negative(one(inner))
        case .product(let inner): return .product(map(inner))
        case .quotient(let left, let right): return .quotient(one(left), one(right))
        case .power(let left, let right): return .power(one(left), one(right))
        case .root(let base, let degree): return .root(one(base), degree: one(degree))
        case .function(let name, let inner): return .function(name, map(inner))
        case .percent(let inner): return .percent(one(inner))
        case .degrees(let inner): return .degrees(one(inner))
        case .quantity(let inner, let unit): return .quantity(one(inner), unit: unit)
        case .tuple(let inner): return .tuple(map(inner))
        case .relation(let first, let links):
            return .relation(one(first), links.map { Link(sign: $0.sign, right: one($0.right)) })
        default: return self
        }
    }
}
