/// Numbers, variables, functions and commands.
extension Parser {
    /// Commands a factor may begin with, besides the names of functions.
    static let startingCommands: Set<String> = [
        "frac", "dfrac", "tfrac", "cfrac", "sqrt", "cbrt", "binom", "dbinom", "tbinom", "pi", "infty", "lvert", "vert",
        "lfloor", "lceil", "langle", "emptyset", "varnothing", "boxed", "fbox", "overline", "vec", "hat", "bar", "sum",
        "prod", "int", "lim", "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta",
        "vartheta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "varphi", "chi", "psi",
        "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega", "angle", "triangle",
        "ell", "imath", "R", "Z", "N", "Q", "C",
    ]

    mutating func primary() throws(MathFailure) -> Expression {
        guard let kind else { throw .syntax }
        switch kind {
        case .number(let value, let isDecimal):
            position += 1
            return try withBase(value, isDecimal: isDecimal)
        case .letters(let name):
            position += 1
            return try symbol(name)
        case .text(let words):
            position += 1
            return .text(words)
        case .command(let name):
            position += 1
            return try command(name)
        case .begin(let environment):
            position += 1
            return try matrix(environment)
        case .mark(let character):
            position += 1
            return try bracketed(character)
        case .relation, .end, .rowEnd:
            throw .syntax
        }
    }

    /// A number, or digits in another base: 204_5 is a name of its own, equal to nothing but itself.
    private mutating func withBase(_ value: Fraction, isDecimal: Bool) throws(MathFailure) -> Expression {
        guard isMark("_") else { return isDecimal ? .decimal(value) : .number(value) }
        return .symbol("\(value.numerator)_\(try subscriptText())")
    }

    private mutating func symbol(_ name: String) throws(MathFailure) -> Expression {
        var name = name
        if isMark("_") { name += "_" + (try subscriptText()) }
        while take("'") || takeCommand("prime") { name += "'" }
        let isApplied = isMark("(") && !tokens[position].isSpaced && Parser.isFunctionName(name)
        if isApplied {
            position += 1
            return .function(name, try arguments())
        }
        switch name {
        case "e": return .constant(.e)
        case "i": return .constant(.imaginaryUnit)
        default: return .symbol(name)
        }
    }

    /// Whether "name(…)" is an application and no product.
    private static func isFunctionName(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        return (0x41...0x5A).contains(first) || (0x66...0x68).contains(first) || name.hasSuffix("'")
    }

    /// The elements up to ")", which is taken.
    private mutating func arguments() throws(MathFailure) -> [Expression] {
        let outer = awaitsBar
        awaitsBar = false
        let arguments = try nested { parser throws(MathFailure) in try parser.elements() }
        awaitsBar = outer
        try expect(")")
        return arguments
    }

    /// What a subscript says, as text: its tokens without braces.
    private mutating func subscriptText() throws(MathFailure) -> String {
        try expect("_")
        guard take("{") else {
            defer { position += 1 }
            return try text(of: kind)
        }
        var text = ""
        while !take("}") {
            text += try self.text(of: kind)
            position += 1
        }
        return text
    }

    private func text(of kind: Token.Kind?) throws(MathFailure) -> String {
        switch kind {
        case .number(let value, _)?: value.isWhole ? "\(value.numerator)" : "\(value.numerator)/\(value.denominator)"
        case .letters(let name)?, .command(let name)?, .text(let name)?: name
        case .mark(let character)? where character != UInt8(ascii: "{"): String(UnicodeScalar(character))
        default: throw .syntax
        }
    }

    private mutating func command(_ name: String) throws(MathFailure) -> Expression {
        switch name {
        case "frac", "dfrac", "tfrac", "cfrac":
            let top = try argument()
            return .quotient(top, try argument())
        case "binom", "dbinom", "tbinom":
            let top = try argument()
            return .function("binom", [top, try argument()])
        case "sqrt":
            var degree = Expression.number(Fraction(2))
            if take("[") {
                degree = try nested { parser throws(MathFailure) in try parser.sum() }
                try expect("]")
            }
            return .root(try argument(), degree: degree)
        case "cbrt": return .root(try argument(), degree: .number(Fraction(3)))
        case "pi": return .constant(.pi)
        case "infty": return .constant(.infinity)
        case "imath": return .constant(.imaginaryUnit)
        case "emptyset", "varnothing": return .set([])
        case "boxed", "fbox": return try argument()
        case "lbrace": return .set(try upTo { $0.takeCommand("rbrace") })
        case "langle": return .tuple(try upTo { $0.takeCommand("rangle") })
        case "lfloor": return .function("floor", try upTo { $0.takeCommand("rfloor") })
        case "lceil": return .function("ceil", try upTo { $0.takeCommand("rceil") })
        case "lvert": return .function("abs", try upTo { $0.takeCommand("rvert") })
        case "vert": return try absolute { $0.takeCommand("vert") }
        case "Vert": return try absolute { $0.takeCommand("Vert") }
        case "ldots", "dots", "cdots", "dotsc": return .symbol("…")
        case "overline", "vec", "hat", "bar", "overrightarrow", "widehat", "tilde":
            return .function(name, [try argument()])
        case "angle", "triangle": return .function(name, [try argument()])
        case "sum", "prod", "int", "lim": return try bigOperator(name)
        case _ where Vocabulary.functions.contains(name): return try application(of: name)
        case _ where Parser.unreadable.contains(name): throw .syntax
        default: return try symbol(name)
        }
    }

    /// Commands that are operators this grammar does not know; reading them as names would lose their meaning.
    private static let unreadable: Set<String> = [
        "and", "cup", "cap", "times", "cdot", "div", "pm", "mp", "rbrace", "rangle", "rfloor", "rceil", "rvert", "to",
        "mid", "not", "setminus", "implies", "Rightarrow", "rightarrow", "iff", "pmod", "bmod", "percent", "subset",
        "subseteq", "forall", "exists", "land", "lor", "neg", "notin", "circ", "degree", "over", "choose", "substack",
    ]

    /// sin 2x, sin² x, log_2 8: a power and a base before the argument, which ends at a sign or another function.
    private mutating func application(of name: String) throws(MathFailure) -> Expression {
        var base: Expression?
        var exponent: Expression?
        for _ in 0..<2 {
            if take("_") { base = try argument() } else if take("^") { exponent = try signedArgument() }
        }
        let arguments: [Expression]
        if take("(") {
            arguments = try self.arguments()
        } else {
            arguments = [try nested { parser throws(MathFailure) in try parser.bareArgument() }]
        }
        var result = Expression.function(name, arguments)
        if name == "log" || name == "lg" {
            let logarithm = Expression.function("ln", arguments)
            result = .quotient(logarithm, .function("ln", [base ?? .number(Fraction(10))]))
        } else if base != nil {
            throw .syntax
        }
        guard let exponent else { return result }
        if exponent == .negative(.number(.one)) {
            guard ["sin", "cos", "tan"].contains(name) else { throw .syntax }
            return .function("arc" + name, arguments)
        }
        return .power(result, exponent)
    }

    private mutating func signedArgument() throws(MathFailure) -> Expression {
        if take("-") { return .negative(try argument()) }
        return try argument()
    }

    private mutating func bareArgument() throws(MathFailure) -> Expression {
        if take("-") { return .negative(try bareArgument()) }
        var factors = [try power()]
        while true {
            switch kind {
            case .number?, .letters?:
                break
            case .command(let name)?
            where Parser.startingCommands.contains(name) && !["vert", "lvert", "sum", "int"].contains(name):
                break
            case .mark(UInt8(ascii: "/"))?:
                position += 1
                factors = [.quotient(factors.count == 1 ? factors[0] : .product(factors), try power())]
                continue
            default:
                return factors.count == 1 ? factors[0] : .product(factors)
            }
            factors.append(try power())
        }
    }

    /// Sums, products, integrals and limits: never evaluated, equal only to themselves.
    private mutating func bigOperator(_ name: String) throws(MathFailure) -> Expression {
        var parts: [Expression] = []
        for _ in 0..<2 {
            guard isMark("_") || isMark("^") else { break }
            position += 1
            if take("{") {
                parts.append(try nested { parser throws(MathFailure) in try parser.relation() })
                try expect("}")
            } else {
                parts.append(try argument())
            }
        }
        var factors = [try power()]
        while case .letters? = kind { factors.append(try power()) }
        parts.append(factors.count == 1 ? factors[0] : .product(factors))
        return .function(name, parts)
    }
}
