import BigInt

/// Roots and powers with exponents that are not whole.
extension Algebra {
    /// base^exponent.
    func power(_ base: Form, _ exponent: Form) throws(MathFailure) -> Form {
        if let rational = exponent.rational { return try power(base, rational: rational) }
        guard let terms = exponent.polynomial?.terms else { return opaquePower(base, exponent) }
        if base == .one { return .one }
        if base == form(of: .e), let turned = try turned(exponent) { return turned }
        if let value = base.rational, value.isNegative { return try alternating(value, exponent) }
        guard let factors = try positiveFactors(of: base) else { return opaquePower(base, exponent) }
        var result = Form.one
        for (monomial, coefficient) in terms.sorted(by: { $0.key.isGreater(than: $1.key) }) {
            for factor in factors {
                let power = try factor.exponent * coefficient
                result = try product(result, try self.power(ofAtom: factor.atom, to: monomial, times: power))
            }
        }
        return result
    }

    /// (−a)^n = (−1)^n a^n; whole numbers in the exponent of −1 are worked out.
    private func alternating(_ base: Fraction, _ exponent: Form) throws(MathFailure) -> Form {
        let constant = exponent.polynomial?.terms[.one] ?? .zero
        let whole = try constant.floor
        let rest = try difference(exponent, Form(whole))
        var result = opaquePower(Form(.minusOne), rest)
        if !(whole.numerator % 2).isZero { result = -result }
        guard base != .minusOne else { return result }
        return try product(result, try power(Form(base.magnitude), exponent))
    }

    private func opaquePower(_ base: Form, _ exponent: Form) -> Form { form(of: .function("pow", [base, exponent])) }

    /// atom^(coefficient · monomial).
    private func power(
        ofAtom atom: Int, to monomial: Monomial, times coefficient: Fraction
    ) throws(MathFailure) -> Form {
        let base = Form(Polynomial(Monomial(factors: [.init(atom: atom, exponent: .one)])))
        if monomial.isOne { return try power(base, rational: coefficient) }
        if atoms[atom] == .e, monomial.factors.count == 1, monomial.factors[0].exponent == .one,
            case .function("ln", let arguments) = atoms[monomial.factors[0].atom]
        {
            return try power(arguments[0], rational: coefficient)
        }
        return form(of: .power(base: atom, exponent: monomial), exponent: coefficient)
    }

    /// `base` as a product of atoms above 0, or of one variable; nil if it has another shape.
    private func positiveFactors(of base: Form) throws(MathFailure) -> [Monomial.Factor]? {
        guard let (monomial, coefficient) = base.polynomial?.single, !coefficient.isNegative else {
            if base.isZero { return nil }
            return base.polynomial?.single == nil ? [.init(atom: index(of: .root(base)), exponent: .one)] : nil
        }
        let isVariable = monomial.factors.count == 1 && coefficient == .one
        guard isVariable || monomial.factors.allSatisfy({ isPositive($0.atom) }) else { return nil }
        return try primeFactors(of: coefficient) + monomial.factors
    }

    /// Whether the atom is a number above 0.
    func isPositive(_ atom: Int) -> Bool {
        switch atoms[atom] {
        case .pi, .e, .integer: true
        case .power(let base, _): isPositive(base)
        case .function("factorial", let arguments): arguments.first?.rational?.isNegative == false
        default: false
        }
    }

    /// The atoms of a positive rational number.
    func primeFactors(of value: Fraction) throws(MathFailure) -> [Monomial.Factor] {
        var factors: [Monomial.Factor] = []
        for (number, sign) in [(value.numerator, 1), (value.denominator, -1)] {
            for (prime, count, isPrime) in try factored(number) {
                let atom = index(of: .integer(try Fraction(prime, 1), isPrime: isPrime))
                factors.append(.init(atom: atom, exponent: Fraction(sign * count)))
            }
        }
        return factors
    }

    /// Prime factors with their counts; what trial division leaves is one factor, not known to be prime.
    private func factored(_ number: BigInt) throws(MathFailure) -> [(BigInt, count: Int, isPrime: Bool)] {
        var factors: [(BigInt, count: Int, isPrime: Bool)] = []
        var rest = number
        var divisor = 2
        while divisor <= Limits.trialDivisor, BigInt(divisor * divisor) <= rest {
            try budget.charge(1 + rest.bitWidth / 64)
            var count = 0
            while true {
                let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: BigInt(divisor))
                guard remainder.isZero else { break }
                try budget.charge(4)
                rest = quotient
                count += 1
            }
            if count > 0 { factors.append((BigInt(divisor), count, true)) }
            divisor += divisor == 2 ? 1 : 2
        }
        if rest > 1 {
            let bound = BigInt(Limits.trialDivisor) * BigInt(Limits.trialDivisor)
            if rest < bound {
                factors.append((rest, 1, true))
            } else {
                let root = rest.squareRoot()
                factors.append(root * root == rest ? (root, 2, root < bound) : (rest, 1, false))
            }
        }
        return factors
    }

    // MARK: Rational exponents

    func power(_ base: Form, rational exponent: Fraction) throws(MathFailure) -> Form {
        if exponent.isWhole {
            guard let whole = exponent.wholeValue else { throw .tooLarge }
            return try power(base, whole)
        }
        if base.isZero {
            guard !exponent.isNegative else { throw .undefined }
            return .zero
        }
        guard let polynomial = base.polynomial else { return try opaqueRoot(base, exponent) }
        if let (monomial, coefficient) = polynomial.single {
            if let root = try root(of: monomial, coefficient, exponent) { return root }
            return try opaqueRoot(base, exponent)
        }
        // A rational factor above 0 comes out: √(2x + 2) = √2 √(x + 1).
        let content = try self.content(of: polynomial)
        let rest = try scaled(polynomial, by: try content.reciprocal())
        return try product(
            try power(Form(content), rational: exponent), try opaqueRoot(Form(rest), exponent))
    }

    /// The greatest rational number that leaves whole coefficients.
    private func content(of polynomial: Polynomial) throws(MathFailure) -> Fraction {
        var divisor: BigInt = 0
        var multiple: BigInt = 1
        for coefficient in polynomial.terms.values {
            try budget.charge(coefficient.cost)
            divisor = divisor.greatestCommonDivisor(with: coefficient.numerator)
            let shared = multiple.greatestCommonDivisor(with: coefficient.denominator)
            multiple = multiple / shared * coefficient.denominator
            guard multiple.bitWidth <= Limits.bits else { throw .tooLarge }
        }
        return try Fraction(divisor, multiple)
    }

    /// base^exponent as its whole part times a root between 0 and 1.
    private func opaqueRoot(_ base: Form, _ exponent: Fraction) throws(MathFailure) -> Form {
        let whole = try exponent.floor
        guard let count = whole.wholeValue else { throw .tooLarge }
        let root = form(of: .root(base), exponent: try exponent - whole)
        return count == 0 ? root : try product(try power(base, count), root)
    }

    /// (coefficient · monomial)^exponent where every atom may take the exponent for itself; nil otherwise.
    private func root(
        of monomial: Monomial, _ coefficient: Fraction, _ exponent: Fraction
    ) throws(MathFailure) -> Form? {
        let others = monomial.factors.filter { !isPositive($0.atom) }
        guard others.isEmpty || (others.count == 1 && others[0].exponent == .one && !coefficient.isNegative) else {
            return nil
        }
        var result = Form.one
        if coefficient.isNegative {
            // An odd root of a negative number is real; the square root is imaginary; others are left alone.
            let (top, bottom) = (exponent.numerator, exponent.denominator)
            if bottom == 2 {
                let power = try self.power(form(of: .imaginaryUnit), Int(exactly: top % 4) ?? 0)
                result = try product(result, power)
            } else if bottom % 2 == 0 {
                return nil
            } else if top % 2 != 0 {
                result = Form(.minusOne)
            }
        }
        for factor in try primeFactors(of: coefficient.magnitude) + monomial.factors {
            let power = try factor.exponent * exponent
            result = try product(result, try atomPower(factor.atom, power))
        }
        return result
    }

    private func atomPower(_ atom: Int, _ exponent: Fraction) throws(MathFailure) -> Form {
        guard case .integer(let value, _) = atoms[atom] else {
            return exponent.isZero
                ? .one : Form(Polynomial(Monomial(factors: [.init(atom: atom, exponent: exponent)])))
        }
        let whole = try exponent.floor
        guard let count = whole.wholeValue else { throw .tooLarge }
        let rest = try exponent - whole
        let power = rest.isZero ? Monomial.one : Monomial(factors: [.init(atom: atom, exponent: rest)])
        return Form(Polynomial(power, try value.power(count)))
    }

    /// e^(a + bi) = e^a (cos b + i sin b), if there is an imaginary part.
    private func turned(_ exponent: Form) throws(MathFailure) -> Form? {
        let unit = index(of: .imaginaryUnit)
        guard let polynomial = exponent.polynomial, polynomial.atoms.contains(unit) else { return nil }
        let (real, imaginary) = parts(of: polynomial)
        let angle = Form(imaginary)
        let turn = try sum(
            try function("cos", [angle]), try product(form(of: .imaginaryUnit), try function("sin", [angle])))
        return try product(try power(form(of: .e), Form(real)), turn)
    }

    /// Real and imaginary part of a polynomial whose atoms other than i are real.
    func parts(of polynomial: Polynomial) -> (real: Polynomial, imaginary: Polynomial) {
        let unit = index(of: .imaginaryUnit)
        var (real, imaginary) = (Polynomial.zero, Polynomial.zero)
        for (monomial, coefficient) in polynomial.terms {
            let rest = monomial.factors.filter { $0.atom != unit }
            if rest.count == monomial.factors.count {
                real.terms[monomial] = coefficient
            } else {
                imaginary.terms[Monomial(factors: rest)] = coefficient
            }
        }
        return (real, imaginary)
    }
}
