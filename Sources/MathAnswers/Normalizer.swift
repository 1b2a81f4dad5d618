/// Turns scalar expressions into forms: the meaning of the tree in exact algebra.
struct Normalizer {
    let algebra: Algebra

    /// The value of `expression`. Lists, relations and the like have none of their own: they become atoms.
    func form(of expression: Expression) throws(MathFailure) -> Form {
        try algebra.budget.charge(4)
        switch expression {
        case .number(let value), .decimal(let value): return Form(value)
        case .symbol(let name): return algebra.form(of: .symbol(name))
        case .text(let words): return algebra.form(of: .symbol(words))
        case .constant(let constant): return form(of: constant)
        case .negative(let inner): return -(try form(of: inner))
        case .sum(let terms):
            var total = Form.zero
            for term in terms { total = try algebra.sum(total, try form(of: term)) }
            return total
        case .product(let factors):
            var total = Form.one
            for factor in factors { total = try algebra.product(total, try form(of: factor)) }
            return total
        case .quotient(let top, let bottom):
            return try algebra.quotient(try form(of: top), try form(of: bottom))
        case .power(let base, let exponent):
            return try algebra.power(try form(of: base), try form(of: exponent))
        case .root(let base, let degree):
            let exponent = try algebra.quotient(.one, try form(of: degree))
            return try algebra.power(try form(of: base), exponent)
        case .function(let name, let arguments): return try function(name, arguments)
        case .percent(let inner):
            return try algebra.product(try form(of: inner), Form(try Fraction(1, over: 100)))
        case .degrees(let inner):
            let straight = try algebra.product(algebra.form(of: .pi), Form(try Fraction(1, over: 180)))
            return try algebra.product(try form(of: inner), straight)
        case .quantity(let inner, _): return try form(of: inner)
        case .ratio(let parts) where parts.count == 2:
            return try algebra.quotient(try form(of: parts[0]), try form(of: parts[1]))
        case .plusMinus, .minusPlus, .ratio, .list, .tuple, .set, .interval, .union, .matrix, .relation:
            return algebra.form(of: .opaque(expression))
        }
    }

    /// The value of a whole scalar: infinity has one only by itself, no calculation with it has.
    func value(of expression: Expression) throws(MathFailure) -> Form {
        let isInfinite = expression.contains { $0 == .constant(.infinity) }
        if isInfinite {
            switch expression {
            case .constant, .negative(.constant): break
            default: throw .undefined
            }
        }
        return try form(of: expression)
    }

    private func form(of constant: Expression.Constant) -> Form {
        switch constant {
        case .pi: algebra.form(of: .pi)
        case .e: algebra.form(of: .e)
        case .imaginaryUnit: algebra.form(of: .imaginaryUnit)
        case .infinity: algebra.form(of: .symbol("∞"))
        }
    }

    private func function(_ name: String, _ arguments: [Expression]) throws(MathFailure) -> Form {
        switch name {
        case "sum", "prod", "int", "lim":
            // Parts are compared in canonical form where they have one: the order of factors does not matter.
            var forms: [Form] = []
            for argument in arguments { forms.append(try part(argument)) }
            return algebra.form(of: .function("\\" + name, forms))
        default:
            var forms: [Form] = []
            for argument in arguments { forms.append(try form(of: argument)) }
            return try algebra.function(name, forms)
        }
    }

    /// A scalar's form; of "k = 0" that of the opaque relation.
    private func part(_ expression: Expression) throws(MathFailure) -> Form { try form(of: expression) }
}
