/// Exact arithmetic on forms, and the table of the atoms that they are made of.
///
/// Owned by one comparison: both sides share the table, so that equal parts have equal indices. Every operation charges
/// the comparison's budget.
final class Algebra {
    let budget: WorkBudget
    private(set) var atoms: [Atom] = []
    private var indices: [Atom: Int] = [:]

    init(budget: WorkBudget) { self.budget = budget }

    func index(of atom: Atom) -> Int {
        if let index = indices[atom] { return index }
        atoms.append(atom)
        indices[atom] = atoms.count - 1
        return atoms.count - 1
    }

    func form(of atom: Atom, exponent: Fraction = .one) -> Form {
        Form(Polynomial(Monomial(factors: [.init(atom: index(of: atom), exponent: exponent)])))
    }

    // MARK: Polynomials

    func sum(_ left: Polynomial, _ right: Polynomial) throws(MathFailure) -> Polynomial {
        if left.isZero { return right }
        var terms = left.terms
        for (monomial, coefficient) in right.terms {
            try budget.charge(coefficient.cost)
            let total = try (terms[monomial] ?? .zero) + coefficient
            terms[monomial] = total.isZero ? nil : total
        }
        guard terms.count <= Limits.terms else { throw .overBudget }
        return Polynomial(terms: terms)
    }

    func product(_ left: Polynomial, _ right: Polynomial) throws(MathFailure) -> Polynomial {
        if left == .one { return right }
        if right == .one { return left }
        var terms: [Monomial: Fraction] = [:]
        var pending = Polynomial.zero
        for (first, firstCoefficient) in left.terms {
            for (second, secondCoefficient) in right.terms {
                try budget.charge(4 + firstCoefficient.cost + secondCoefficient.cost)
                let (monomial, factor, root) = try product(first, second)
                let coefficient = try firstCoefficient * secondCoefficient * factor
                if let root {
                    let expanded = try product(Polynomial(monomial, coefficient), root)
                    pending = try sum(pending, expanded)
                    continue
                }
                let total = try (terms[monomial] ?? .zero) + coefficient
                terms[monomial] = total.isZero ? nil : total
            }
            guard terms.count <= Limits.terms else { throw .overBudget }
        }
        return try sum(Polynomial(terms: terms), pending)
    }

    func scaled(_ polynomial: Polynomial, by factor: Fraction) throws(MathFailure) -> Polynomial {
        if factor == .one { return polynomial }
        return try product(polynomial, Polynomial(factor))
    }

    /// The product of two monomials: a monomial, a rational factor, and a polynomial if a root came whole.
    private func product(
        _ left: Monomial, _ right: Monomial
    ) throws(MathFailure) -> (monomial: Monomial, factor: Fraction, root: Polynomial?) {
        if left.isOne { return (right, .one, nil) }
        if right.isOne { return (left, .one, nil) }
        var factors: [Monomial.Factor] = []
        factors.reserveCapacity(left.factors.count + right.factors.count)
        var coefficient = Fraction.one
        var root: Polynomial?
        var (i, j) = (0, 0)
        while i < left.factors.count || j < right.factors.count {
            if j == right.factors.count || (i < left.factors.count && left.factors[i].atom < right.factors[j].atom) {
                factors.append(left.factors[i])
                i += 1
            } else if i == left.factors.count || right.factors[j].atom < left.factors[i].atom {
                factors.append(right.factors[j])
                j += 1
            } else {
                let exponent = try left.factors[i].exponent + right.factors[j].exponent
                let merged = try reduced(left.factors[i].atom, exponent)
                coefficient = try coefficient * merged.factor
                if let whole = merged.root { root = try product(root ?? .one, whole) }
                if !merged.exponent.isZero {
                    factors.append(.init(atom: left.factors[i].atom, exponent: merged.exponent))
                }
                i += 1
                j += 1
            }
        }
        return (Monomial(factors: factors), coefficient, root)
    }

    /// atom^exponent with its whole part taken out where the atom is a number or a root.
    private func reduced(
        _ atom: Int, _ exponent: Fraction
    ) throws(MathFailure) -> (exponent: Fraction, factor: Fraction, root: Polynomial?) {
        switch atoms[atom] {
        case .integer(let value, _):
            let whole = try exponent.floor
            guard let power = whole.wholeValue else { throw .tooLarge }
            return (try exponent - whole, try value.power(power), nil)
        case .imaginaryUnit:
            guard let power = exponent.wholeValue else { throw .undefined }
            let rest = ((power % 4) + 4) % 4
            return (Fraction(rest % 2), rest < 2 ? .one : .minusOne, nil)
        case .root(let base):
            guard let inner = base.polynomial, !exponent.isNegative, exponent >= .one else {
                return (exponent, .one, nil)
            }
            return (try exponent - .one, .one, inner)
        default:
            return (exponent, .one, nil)
        }
    }

    // MARK: Forms

    func sum(_ left: Form, _ right: Form) throws(MathFailure) -> Form {
        if left.denominator == right.denominator {
            let total = try sum(left.numerator, right.numerator)
            return left.denominator == .one ? Form(total) : try quotient(total, left.denominator)
        }
        let first = try product(left.numerator, right.denominator)
        let second = try product(right.numerator, left.denominator)
        return try quotient(try sum(first, second), try product(left.denominator, right.denominator))
    }

    func difference(_ left: Form, _ right: Form) throws(MathFailure) -> Form { try sum(left, -right) }

    func product(_ left: Form, _ right: Form) throws(MathFailure) -> Form {
        let numerator = try product(left.numerator, right.numerator)
        if left.denominator == .one, right.denominator == .one { return Form(numerator) }
        return try quotient(numerator, try product(left.denominator, right.denominator))
    }

    func quotient(_ left: Form, _ right: Form) throws(MathFailure) -> Form {
        guard !right.isZero else { throw .undefined }
        return try quotient(
            try product(left.numerator, right.denominator), try product(left.denominator, right.numerator))
    }

    private func quotient(_ top: Polynomial, _ bottom: Polynomial) throws(MathFailure) -> Form {
        guard !bottom.isZero else { throw .undefined }
        if top.isZero { return .zero }
        if let (monomial, coefficient) = bottom.single {
            return Form(try product(top, try inverse(monomial, coefficient)))
        }
        if let whole = try exactQuotient(top, bottom) { return Form(whole) }
        let content = try commonFactor(bottom, scale: bottom.leading?.coefficient ?? .one)
        return Form(try product(top, content), over: try product(bottom, content))
    }

    /// 1 / (coefficient · monomial). Roots of numbers are made rational: 1/√2 = √2/2.
    private func inverse(_ monomial: Monomial, _ coefficient: Fraction) throws(MathFailure) -> Polynomial {
        var result = Polynomial(try coefficient.reciprocal())
        for factor in monomial.factors {
            let (exponent, scale, _) = try reduced(factor.atom, -factor.exponent)
            let power =
                exponent.isZero ? Monomial.one : Monomial(factors: [.init(atom: factor.atom, exponent: exponent)])
            result = try product(result, Polynomial(power, scale))
        }
        return result
    }

    /// What makes the leading coefficient 1 and takes out the symbols common to all terms.
    private func commonFactor(_ polynomial: Polynomial, scale: Fraction) throws(MathFailure) -> Polynomial {
        var common: [Int: Fraction] = [:]
        var isFirst = true
        for monomial in polynomial.terms.keys {
            try budget.charge(monomial.factors.count + 1)
            var here: [Int: Fraction] = [:]
            for factor in monomial.factors {
                if case .symbol = atoms[factor.atom] { here[factor.atom] = factor.exponent }
            }
            if isFirst {
                common = here
                isFirst = false
            } else {
                for (atom, exponent) in common { common[atom] = min(exponent, here[atom] ?? .zero) }
                for (atom, exponent) in here where common[atom] == nil && exponent.isNegative {
                    common[atom] = exponent
                }
            }
        }
        let factors = common.filter { !$0.value.isZero }.map { Monomial.Factor(atom: $0.key, exponent: -$0.value) }
        return Polynomial(Monomial(factors: factors.sorted { $0.atom < $1.atom }), try scale.reciprocal())
    }

    /// `top` / `bottom` if a short division leaves no rest.
    private func exactQuotient(_ top: Polynomial, _ bottom: Polynomial) throws(MathFailure) -> Polynomial? {
        guard let divisor = bottom.leading, bottom.terms.count <= 16, top.terms.count >= 2, isFree(bottom) else {
            return nil
        }
        var rest = top
        var result = Polynomial.zero
        let inverse = try inverse(divisor.monomial, divisor.coefficient)
        for _ in 0..<2 * top.terms.count + 4 {
            guard let leading = rest.leading else { return result }
            let factor = try product(Polynomial(leading.monomial, leading.coefficient), inverse)
            result = try sum(result, factor)
            rest = try sum(rest, -(try product(factor, bottom)))
            guard rest.terms.count <= top.terms.count + bottom.terms.count else { return nil }
        }
        return rest.isZero ? result : nil
    }

    /// Whether no relation holds between the atoms of `polynomial` that `reduced` would apply.
    private func isFree(_ polynomial: Polynomial) -> Bool {
        polynomial.atoms.allSatisfy { atom in
            switch atoms[atom] {
            case .integer, .imaginaryUnit, .root: false
            default: true
            }
        }
    }

    // MARK: Whole powers

    func power(_ base: Form, _ exponent: Int) throws(MathFailure) -> Form {
        if exponent == 0 { return .one }
        if exponent < 0 {
            let positive = try power(base, -exponent)
            return try quotient(.one, positive)
        }
        if let value = base.rational { return Form(try value.power(exponent)) }
        if let (monomial, coefficient) = base.numerator.single, base.denominator == .one {
            return try power(monomial, coefficient, exponent)
        }
        guard exponent <= Limits.expandedExponent else {
            return form(of: .root(base), exponent: Fraction(exponent))
        }
        var result = base
        for _ in 1..<exponent { result = try product(result, base) }
        return result
    }

    private func power(_ monomial: Monomial, _ coefficient: Fraction, _ exponent: Int) throws(MathFailure) -> Form {
        var result = Form(try coefficient.power(exponent))
        for factor in monomial.factors {
            let (rest, scale, root) = try reduced(factor.atom, try factor.exponent * Fraction(exponent))
            if root != nil {
                // A root that comes whole more than once: multiply step by step.
                guard exponent <= Limits.expandedExponent else { throw .overBudget }
                let single = Form(Polynomial(Monomial(factors: [factor])))
                for _ in 0..<exponent { result = try product(result, single) }
                continue
            }
            let power = rest.isZero ? Monomial.one : Monomial(factors: [.init(atom: factor.atom, exponent: rest)])
            result = try product(result, Form(Polynomial(power, scale)))
        }
        return result
    }
}
