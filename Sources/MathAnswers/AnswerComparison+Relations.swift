/// Equations and inequalities.
extension AnswerComparison {
    /// nil if neither side is a relation.
    func relations(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision? {
        switch (gold, prediction) {
        case (.relation(let first, let links), .relation(let otherFirst, let otherLinks)):
            return try compareRelations((first, links), (otherFirst, otherLinks))
        case (.relation(let first, let links), _):
            guard let described = try described(first, links) else { return .unequal }
            return try intervals(.union(described.pieces.map { .interval($0) }), prediction)
        case (_, .relation(let first, let links)):
            guard settings.relationsAnswerSets, let described = try described(first, links) else { return .unequal }
            return try intervals(gold, .union(described.pieces.map { .interval($0) }))
        default:
            return nil
        }
    }

    private typealias Chain = (first: Expression, links: [Expression.Link])

    private func compareRelations(_ gold: Chain, _ prediction: Chain) throws(MathFailure) -> Decision {
        if gold.links.count == 1, prediction.links.count == 1 {
            return try compareSingle(gold, prediction)
        }
        if let left = try described(gold.first, gold.links),
            let right = try described(prediction.first, prediction.links)
        {
            guard try forms.compare(left.subject, right.subject) == .equal else { return .unequal }
            return try intervals(
                .union(left.pieces.map { .interval($0) }), .union(right.pieces.map { .interval($0) }))
        }
        guard gold.links.count == prediction.links.count else { return .unequal }
        let sides = [gold.first] + gold.links.map(\.right)
        let others = [prediction.first] + prediction.links.map(\.right)
        let signs = prediction.links.map(\.sign)
        if gold.links.map(\.sign) == signs {
            let decision = try ordered(sides, others)
            if decision != .unequal { return decision }
        }
        guard gold.links.map(\.sign) == signs.reversed().map(\.flipped) else { return .unequal }
        return try ordered(sides, others.reversed())
    }

    /// One sign each: equal if the differences of their sides are proportional, for inequalities by a positive factor.
    private func compareSingle(_ gold: Chain, _ prediction: Chain) throws(MathFailure) -> Decision {
        let (sign, other) = (gold.links[0].sign, prediction.links[0].sign)
        guard sign == other || sign.flipped == other else { return .unequal }
        guard sign != .member else {
            return try ordered([gold.first, gold.links[0].right], [prediction.first, prediction.links[0].right])
        }
        let left: Form
        do throws(MathFailure) {
            left = try difference(gold)
        } catch {
            throw error == .undefined ? .malformed : error
        }
        var right: Form
        do throws(MathFailure) {
            right = try difference(prediction)
        } catch {
            if error == .overBudget { throw error }
            return .unequal
        }
        if sign != other { right = -right }
        guard !left.isZero, !right.isZero else { return left.isZero && right.isZero ? .equal : .unequal }
        return try proportional(left, right, needsPositive: sign.isInequality)
    }

    private func difference(_ chain: Chain) throws(MathFailure) -> Form {
        try algebra.difference(
            try normalizer.value(of: chain.first), try normalizer.value(of: chain.links[0].right))
    }

    /// Whether one form is a constant multiple of the other. Variables are cleared from below in equations.
    private func proportional(_ left: Form, _ right: Form, needsPositive: Bool) throws(MathFailure) -> Decision {
        let first = needsPositive ? left : Form(try cleared(left))
        let second = needsPositive ? right : Form(try cleared(right))
        guard let scale = leadingCoefficient(first.numerator), let other = leadingCoefficient(second.numerator) else {
            return .unequal
        }
        if needsPositive {
            var probe = NumericProbe<RealInterval>(algebra: algebra, point: 0)
            let factor = Form(try algebra.product(scale, other))
            do throws(NumericProbe<RealInterval>.Obstacle) {
                let (value, _) = try probe.value(of: factor)
                guard !value.isNegative else { return .unequal }
                guard value.isPositive else { return .undecided }
            } catch {
                try error.rethrow()
                return .undecided
            }
        }
        return try forms.compare(
            try algebra.product(first, Form(other)), try algebra.product(second, Form(scale)))
    }

    /// The numerator, multiplied until no variable has a negative exponent.
    private func cleared(_ form: Form) throws(MathFailure) -> Polynomial {
        var lowest: [Int: Fraction] = [:]
        for monomial in form.numerator.terms.keys {
            for factor in monomial.factors where factor.exponent.isNegative {
                lowest[factor.atom] = min(lowest[factor.atom] ?? .zero, factor.exponent)
            }
        }
        let factors = lowest.sorted { $0.key < $1.key }.map { Monomial.Factor(atom: $0.key, exponent: -$0.value) }
        return try algebra.product(form.numerator, Polynomial(Monomial(factors: factors)))
    }

    /// What stands before the greatest product of variables.
    private func leadingCoefficient(_ polynomial: Polynomial) -> Polynomial? {
        func variables(_ monomial: Monomial) -> Monomial {
            Monomial(
                factors: monomial.factors.filter { factor in
                    switch algebra.atoms[factor.atom] {
                    case .symbol, .function: true
                    default: false
                    }
                })
        }
        var greatest: Monomial?
        for monomial in polynomial.terms.keys {
            let part = variables(monomial)
            if let current = greatest, !part.isGreater(than: current) { continue }
            greatest = part
        }
        guard let greatest else { return nil }
        var coefficient = Polynomial.zero
        for (monomial, value) in polynomial.terms where variables(monomial) == greatest {
            let rest = monomial.factors.filter { !greatest.factors.contains($0) }
            coefficient.terms[Monomial(factors: rest)] = value
        }
        return coefficient
    }

    // MARK: Inequalities as intervals

    /// The values of one subject that a chain of inequalities allows, if it is of that kind.
    private func described(
        _ first: Expression, _ links: [Expression.Link]
    ) throws(MathFailure) -> (subject: Form, pieces: [Expression.Interval])? {
        let infinity = Expression.constant(.infinity)
        var interval = Expression.Interval(
            lower: .negative(infinity), upper: infinity, includesLower: false, includesUpper: false)
        var subject: Expression?
        var left = first
        for link in links {
            let sides = (left, link.right)
            left = link.right
            let (name, bound, sign): (Expression, Expression, RelationSign)
            if sides.0.isName, !sides.1.isName {
                (name, bound, sign) = (sides.0, sides.1, link.sign)
            } else if sides.1.isName, !sides.0.isName {
                (name, bound, sign) = (sides.1, sides.0, link.sign.flipped)
            } else {
                return nil
            }
            guard subject == nil || subject == name else { return nil }
            subject = name
            switch sign {
            case .less, .lessOrEqual:
                guard interval.upper == infinity else { return nil }
                (interval.upper, interval.includesUpper) = (bound, sign == .lessOrEqual)
            case .greater, .greaterOrEqual:
                guard interval.lower == .negative(infinity) else { return nil }
                (interval.lower, interval.includesLower) = (bound, sign == .greaterOrEqual)
            case .unequal where links.count == 1:
                var (below, above) = (interval, interval)
                below.upper = bound
                above.lower = bound
                return (try normalizer.form(of: name), [below, above])
            default:
                return nil
            }
        }
        guard let subject else { return nil }
        if case .function("abs", let inner) = subject, inner.count == 1 {
            return (try normalizer.form(of: inner[0]), mirrored(interval))
        }
        return (try normalizer.form(of: subject), [interval])
    }

    /// The values whose magnitude lies in `interval`.
    private func mirrored(_ interval: Expression.Interval) -> [Expression.Interval] {
        let negated = Expression.Interval(
            lower: negated(interval.upper), upper: negated(interval.lower), includesLower: interval.includesUpper,
            includesUpper: interval.includesLower)
        if interval.lower == .negative(.constant(.infinity)) {
            return [
                Expression.Interval(
                    lower: negated.lower, upper: interval.upper, includesLower: interval.includesUpper,
                    includesUpper: interval.includesUpper)
            ]
        }
        return [negated, interval]
    }

    private func negated(_ expression: Expression) -> Expression {
        if case .negative(let inner) = expression { return inner }
        return .negative(expression)
    }
}
