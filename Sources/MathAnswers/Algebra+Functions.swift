/// Named functions of forms: exact where a value is known, an atom otherwise.
extension Algebra {
    func function(_ name: String, _ arguments: [Form]) throws(MathFailure) -> Form {
        try budget.charge(8)
        guard let first = arguments.first else { return form(of: .function(name, [])) }
        if arguments.count == 1, let value = try unary(name, first) { return value }
        if let value = try ofRationals(name, arguments) { return value }
        return form(of: .function(name, arguments))
    }

    private func unary(_ name: String, _ argument: Form) throws(MathFailure) -> Form? {
        switch name {
        case "sin": try sine(argument)
        case "cos": try cosine(argument)
        case "tan": try quotient(try sine(argument), try cosine(argument))
        case "cot": try quotient(try cosine(argument), try sine(argument))
        case "sec": try quotient(.one, try cosine(argument))
        case "csc": try quotient(.one, try sine(argument))
        case "arcsin", "asin": try arcSine(argument)
        case "arccos", "acos": try difference(try turn(1, of: 4), try arcSine(argument))
        case "arctan", "atan": try arcTangent(argument)
        case "sinh": try hyperbolic(argument, sign: .minusOne)
        case "cosh": try hyperbolic(argument, sign: .one)
        case "tanh":
            try quotient(try hyperbolic(argument, sign: .minusOne), try hyperbolic(argument, sign: .one))
        case "exp": try power(form(of: .e), argument)
        case "ln": try logarithm(argument)
        case "abs": try absolute(argument)
        case "Re": form(of: .function(name, [argument]))
        default: nil
        }
    }

    /// part / whole of a full turn.
    private func turn(_ part: Int, of whole: Int) throws(MathFailure) -> Form {
        try product(form(of: .pi), Form(try Fraction(2 * part, over: whole)))
    }

    private func arcSine(_ argument: Form) throws(MathFailure) -> Form {
        if isLeadingNegative(argument) { return -(try arcSine(-argument)) }
        switch argument.rational {
        case Fraction.zero: return .zero
        case Fraction.half: return try turn(1, of: 12)
        case Fraction.one: return try turn(1, of: 4)
        default: return form(of: .function("arcsin", [argument]))
        }
    }

    private func arcTangent(_ argument: Form) throws(MathFailure) -> Form {
        if isLeadingNegative(argument) { return -(try arcTangent(-argument)) }
        switch argument.rational {
        case Fraction.zero: return .zero
        case Fraction.one: return try turn(1, of: 8)
        default: return form(of: .function("arctan", [argument]))
        }
    }

    private func hyperbolic(_ argument: Form, sign: Fraction) throws(MathFailure) -> Form {
        let growing = try power(form(of: .e), argument)
        let falling = try product(Form(sign), try power(form(of: .e), -argument))
        return try product(Form(.half), try sum(growing, falling))
    }

    private func ofRationals(_ name: String, _ arguments: [Form]) throws(MathFailure) -> Form? {
        let values = arguments.compactMap(\.rational)
        guard values.count == arguments.count, let first = values.first else { return nil }
        switch name {
        case "floor": return Form(try first.floor)
        case "ceil": return Form(-(try (-first).floor))
        case "factorial":
            guard let count = first.wholeValue, count >= 0 else { throw .undefined }
            guard count <= Limits.factorial else { return try largeFactorial(count) }
            return Form(try risingProduct(from: 2, through: count))
        case "binom":
            guard values.count == 2, let count = first.wholeValue, let taken = values[1].wholeValue, count >= 0,
                taken >= 0
            else { return nil }
            if taken > count { return .zero }
            var result = Fraction.one
            guard min(taken, count - taken) <= Limits.factorial else { return nil }
            for step in stride(from: 1, through: min(taken, count - taken), by: 1) {
                try budget.charge(result.cost)
                result = try result * Fraction(count - step + 1) / Fraction(step)
            }
            return Form(result)
        case "max": return values.max().map { Form($0) }
        case "min": return values.min().map { Form($0) }
        default: return nil
        }
    }

    private func risingProduct(from first: Int, through last: Int) throws(MathFailure) -> Fraction {
        var result = Fraction.one
        for factor in stride(from: first, through: last, by: 1) {
            try budget.charge(result.cost)
            result = try result * Fraction(factor)
        }
        return result
    }

    /// count! as a multiple of a factorial near it that was met before, or as an atom: 2006! = 2004! · 2005 · 2006.
    private func largeFactorial(_ count: Int) throws(MathFailure) -> Form? {
        for atom in atoms {
            guard case .function("factorial", let arguments) = atom, let other = arguments.first?.rational?.wholeValue,
                other != count, abs(other - count) <= 64
            else { continue }
            let product = try risingProduct(from: min(other, count) + 1, through: max(other, count))
            return try self.product(form(of: atom), Form(other < count ? product : try product.reciprocal()))
        }
        return nil
    }

    // MARK: Logarithms and absolute values

    /// ln of a product of positive numbers is a sum; anything else an atom.
    private func logarithm(_ argument: Form) throws(MathFailure) -> Form {
        guard !argument.isZero else { throw .undefined }
        guard let (monomial, coefficient) = argument.polynomial?.single, !coefficient.isNegative,
            monomial.factors.allSatisfy({ isPositive($0.atom) })
        else { return form(of: .function("ln", [argument])) }
        var result = Form.zero
        for factor in try primeFactors(of: coefficient) + monomial.factors {
            let single: Form
            switch atoms[factor.atom] {
            case .e: single = .one
            case .power(let base, let exponent):
                let below = Form(Polynomial(Monomial(factors: [.init(atom: base, exponent: .one)])))
                single = try product(Form(Polynomial(exponent)), try logarithm(below))
            case .integer(let value, _): single = form(of: .function("ln", [Form(value)]))
            default:
                single = form(
                    of: .function(
                        "ln", [Form(Polynomial(Monomial(factors: [.init(atom: factor.atom, exponent: .one)])))]
                    ))
            }
            result = try sum(result, try product(Form(factor.exponent), single))
        }
        return result
    }

    private func absolute(_ argument: Form) throws(MathFailure) -> Form {
        if let value = argument.rational { return Form(value.magnitude) }
        if let (monomial, coefficient) = argument.polynomial?.single {
            if monomial.factors.allSatisfy({ isPositive($0.atom) }) {
                return Form(Polynomial(monomial, coefficient.magnitude))
            }
            let inner = form(of: .function("abs", [Form(Polynomial(monomial))]))
            return try product(Form(coefficient.magnitude), inner)
        }
        return form(of: .function("abs", [isLeadingNegative(argument) ? -argument : argument]))
    }

    func isLeadingNegative(_ form: Form) -> Bool { form.numerator.leading?.coefficient.isNegative ?? false }

    // MARK: Sine and cosine

    private func sine(_ argument: Form) throws(MathFailure) -> Form {
        if argument.isZero { return .zero }
        if let turns = turns(argument), let value = try sine(ofTurns: turns) { return value }
        if isLeadingNegative(argument) { return -form(of: .function("sin", [-argument])) }
        return form(of: .function("sin", [argument]))
    }

    private func cosine(_ argument: Form) throws(MathFailure) -> Form {
        if argument.isZero { return .one }
        if let turns = turns(argument), let value = try sine(ofTurns: try turns + Fraction(1, over: 4)) { return value }
        return form(of: .function("cos", [isLeadingNegative(argument) ? -argument : argument]))
    }

    /// `argument` in full turns, if it is a rational multiple of π.
    private func turns(_ argument: Form) -> Fraction? {
        guard let (monomial, coefficient) = argument.polynomial?.single,
            monomial.factors == [.init(atom: index(of: .pi), exponent: .one)]
        else { return nil }
        do {
            return try coefficient * .half
        } catch {
            // A multiple too large to halve is left alone.
            return nil
        }
    }

    /// sin 2πt, if t is a multiple of 1/24 or of 1/20.
    private func sine(ofTurns turns: Fraction) throws(MathFailure) -> Form? {
        let part = try turns - turns.floor
        let isNegative = part > .half
        let folded = isNegative ? try part - .half : part
        let quarter = try Fraction(1, over: 4)
        let angle = folded > quarter ? try Fraction.half - folded : folded
        let value: Form?
        if let step = try (angle * Fraction(24)).wholeValue {
            switch step {
            case 0: value = .zero
            case 1: value = try surds(quarter, (6, .one), (2, .minusOne))
            case 2: value = Form(.half)
            case 3: value = try surds(.half, (2, .one))
            case 4: value = try surds(.half, (3, .one))
            case 5: value = try surds(quarter, (6, .one), (2, .one))
            default: value = .one
            }
        } else if let step = try (angle * Fraction(20)).wholeValue, step == 1 || step == 3 {
            value = try surds(quarter, (5, .one), (1, step == 1 ? .minusOne : .one))
        } else {
            value = nil
        }
        return isNegative ? value.map { -$0 } : value
    }

    /// scale · Σ sign · √radicand.
    private func surds(_ scale: Fraction, _ terms: (radicand: Int, sign: Fraction)...) throws(MathFailure) -> Form {
        var result = Form.zero
        for term in terms {
            let root = try power(Form(Fraction(term.radicand)), rational: .half)
            result = try sum(result, try product(Form(term.sign), root))
        }
        return try product(Form(scale), result)
    }
}
