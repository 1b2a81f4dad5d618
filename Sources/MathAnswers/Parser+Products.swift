/// Sums, products and units.
extension Parser {
    mutating func sum() throws(MathFailure) -> Expression {
        try nested { parser throws(MathFailure) in
            var terms = [try parser.signedTerm()]
            while true {
                if parser.take("+") {
                    terms.append(try parser.signedTerm())
                } else if parser.isMark("-") || parser.isCommand("pm") || parser.isCommand("mp") {
                    terms.append(try parser.signedTerm())
                } else {
                    break
                }
                guard terms.count <= Limits.elements else { throw .tooLarge }
            }
            return terms.count == 1 ? terms[0] : .sum(terms)
        }
    }

    private mutating func signedTerm() throws(MathFailure) -> Expression {
        var signs = 0
        var wrappers: [(Expression) -> Expression] = []
        while true {
            if take("-") {
                wrappers.append { .negative($0) }
            } else if takeCommand("pm") {
                wrappers.append { .plusMinus($0) }
            } else if takeCommand("mp") {
                wrappers.append { .minusPlus($0) }
            } else if !take("+") {
                break
            }
            signs += 1
            guard signs <= Limits.depth else { throw .tooLarge }
        }
        return wrappers.reversed().reduce(try term()) { $1($0) }
    }

    private mutating func term() throws(MathFailure) -> Expression {
        var left = try power()
        var factors = 1
        while true {
            factors += 1
            guard factors <= Limits.elements else { throw .tooLarge }
            if take("*") || takeCommand("times") || takeCommand("cdot") || takeCommand("ast") {
                left = multiplied(left, try signedPower())
            } else if take("/") || takeCommand("div") {
                left = .quotient(left, try signedPower())
            } else if let quantity = try unit(of: left) {
                left = quantity
                guard !startsFactor() else { throw .syntax }
            } else if startsFactor() {
                left = try juxtaposed(left)
            } else {
                return left
            }
        }
    }

    private func multiplied(_ left: Expression, _ right: Expression) -> Expression {
        if case .product(let factors) = left { return .product(factors + [right]) }
        return .product([left, right])
    }

    private mutating func signedPower() throws(MathFailure) -> Expression {
        try nested { parser throws(MathFailure) in
            if parser.take("-") { return .negative(try parser.signedPower()) }
            if parser.take("+") { return try parser.signedPower() }
            return try parser.power()
        }
    }

    /// A factor written right behind another: a product, or the fraction of a mixed number.
    private mutating func juxtaposed(_ left: Expression) throws(MathFailure) -> Expression {
        var followsNumber = false
        if case .number(let whole, isDecimal: false) = tokens[position - 1].kind { followsNumber = whole.isWhole }
        switch kind {
        case .number(let value, isDecimal: false)? where followsNumber:
            // "2 1/3" or "2½".
            guard case .number = left else { throw .syntax }
            position += 1
            var fraction = value
            if value.isWhole {
                guard take("/"), case .number(let bottom, isDecimal: false)? = kind, bottom.isWhole else {
                    throw .syntax
                }
                position += 1
                fraction = try value / bottom
            }
            guard fraction < .one else { throw .syntax }
            return .sum([left, .number(fraction)])
        case .number?:
            guard !followsNumber else { throw .syntax }
            if case .decimal = left { throw .syntax }
        case .command(let name)? where followsNumber && name.hasSuffix("frac"):
            let right = try power()
            if case .number = left, case .quotient(.number(let top), .number(let bottom)) = right, top < bottom {
                return .sum([left, right])
            }
            return multiplied(left, right)
        default:
            break
        }
        return multiplied(left, try power())
    }

    private func startsFactor() -> Bool {
        switch kind {
        case .number?, .letters?, .begin?: return true
        case .mark(let character)?:
            if character == UInt8(ascii: "|") { return !awaitsBar }
            return character == UInt8(ascii: "(") || character == UInt8(ascii: "{")
        case .command(let name)?: return Parser.startingCommands.contains(name) || Vocabulary.functions.contains(name)
        case .text?, .relation?, .end?, .rowEnd?, nil: return false
        }
    }

    /// Words behind a value are its unit, with an exponent of their own.
    private mutating func unit(of value: Expression) throws(MathFailure) -> Expression? {
        if takeCommand("pmod") || takeCommand("bmod") {
            let modulus = try argument()
            return .quantity(value, unit: "mod \(modulus)")
        }
        guard case .text(let words)? = kind else { return nil }
        if case .text = value { throw .syntax }
        position += 1
        var name = Vocabulary.units[words] ?? words.lowercased()
        if take("^") {
            if takeCommand("circ") || takeCommand("degree") { return .degrees(value) }
            name += "^\(try argument())"
        }
        if take("/"), case .text(let below)? = kind {
            position += 1
            name += "/\(Vocabulary.units[below] ?? below)"
        }
        return .quantity(value, unit: name)
    }
}
