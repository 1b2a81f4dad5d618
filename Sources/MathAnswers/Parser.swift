/// Reads an answer, LaTeX or plain, into an expression.
///
/// The grammar from loosest to tightest: lists (`;`, then `,` and "and"), relations, unions, ratios, sums, products,
/// powers, primaries. Tolerant of what people and models write: \frac12, sin 2x, 2 1/3, missing braces around digits.
struct Parser {
    var tokens: [Token]
    var position = 0
    /// Inside |…|, where the next bar closes.
    var awaitsBar = false
    private var depth = 0
    private var nodes = 0

    /// - Throws: `syntax`, or `tooLarge` beyond `Limits`.
    static func parse(_ bytes: [UInt8], readsThousands: Bool = true) throws(MathFailure) -> Expression {
        var parser = Parser(tokens: split(try Lexer.tokens(bytes, readsThousands: readsThousands)))
        let expression = try parser.answer()
        guard parser.position == parser.tokens.count else { throw .syntax }
        guard !expression.isDeeper(than: Limits.height) else { throw .tooLarge }
        return expression
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    /// Cuts runs of up to three letters into variables; longer ones are names, units stay whole behind a number.
    private static func split(_ tokens: [Token]) -> [Token] {
        var result: [Token] = []
        result.reserveCapacity(tokens.count)
        for token in tokens {
            guard case .letters(let run) = token.kind, run.utf8.count > 1 else {
                result.append(token)
                continue
            }
            var followsValue = false
            switch result.last?.kind {
            case .number?, .mark(UInt8(ascii: "}"))?: followsValue = true
            default: break
            }
            if followsValue, Vocabulary.units[run] != nil {
                result.append(Token(kind: .text(run), isSpaced: token.isSpaced))
            } else if run.utf8.count <= 3 {
                for (index, letter) in run.enumerated() {
                    result.append(Token(kind: .letters(String(letter)), isSpaced: index == 0 && token.isSpaced))
                }
            } else {
                result.append(token)
            }
        }
        return result
    }

    // MARK: Tokens

    var kind: Token.Kind? { position < tokens.count ? tokens[position].kind : nil }

    func isMark(_ character: Character) -> Bool {
        guard let ascii = character.asciiValue else { return false }
        return kind == .mark(ascii)
    }

    mutating func take(_ character: Character) -> Bool {
        guard isMark(character) else { return false }
        position += 1
        return true
    }

    func isCommand(_ name: String) -> Bool { kind == .command(name) }

    mutating func takeCommand(_ name: String) -> Bool {
        guard isCommand(name) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Character) throws(MathFailure) {
        guard take(character) else { throw .syntax }
    }

    /// Runs `body` one level deeper.
    mutating func nested<Result>(_ body: (inout Parser) throws(MathFailure) -> Result) throws(MathFailure) -> Result {
        depth += 1
        nodes += 1
        guard depth <= Limits.depth, nodes <= Limits.nodes else { throw .tooLarge }
        let result = try body(&self)
        depth -= 1
        return result
    }

    // MARK: Lists and relations

    /// Everything up to the end of the tokens or a closing bracket.
    mutating func answer() throws(MathFailure) -> Expression {
        var groups: [[Expression]] = [try elements()]
        while take(";") { groups.append(try elements()) }
        if groups.count == 1 { return groups[0].count == 1 ? groups[0][0] : .list(groups[0]) }
        return .list(groups.map { $0.count == 1 ? $0[0] : .list($0) })
    }

    /// Elements separated by commas or "and".
    mutating func elements() throws(MathFailure) -> [Expression] {
        var elements = [try relation()]
        while true {
            let start = position
            if take(",") { _ = takeCommand("and") } else if !takeCommand("and") { return elements }
            // A comma at the end separates nothing.
            if position == tokens.count {
                guard start > 0 else { throw .syntax }
                return elements
            }
            elements.append(try relation())
            guard elements.count <= Limits.elements else { throw .tooLarge }
        }
    }

    mutating func relation() throws(MathFailure) -> Expression {
        let first = try nested { parser throws(MathFailure) in try parser.union() }
        var links: [Expression.Link] = []
        while case .relation(let sign)? = kind {
            position += 1
            let right = try nested { parser throws(MathFailure) in try parser.union() }
            links.append(Expression.Link(sign: sign, right: right))
        }
        return links.isEmpty ? first : .relation(first, links)
    }

    private mutating func union() throws(MathFailure) -> Expression {
        var parts = [try ratio()]
        while takeCommand("cup") { parts.append(try ratio()) }
        if parts.count == 1 {
            guard case .command(let name)? = kind, name == "cap" || name == "setminus" else { return parts[0] }
            position += 1
            return .function(name, [parts[0], try ratio()])
        }
        return .union(parts)
    }

    private mutating func ratio() throws(MathFailure) -> Expression {
        var parts = [try sum()]
        while take(":") { parts.append(try sum()) }
        return parts.count == 1 ? parts[0] : .ratio(parts)
    }

    // MARK: Sums and products

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

    // MARK: Powers

    mutating func power() throws(MathFailure) -> Expression {
        try nested { parser throws(MathFailure) in
            var base = try parser.primary()
            while let postfix = try parser.postfix(of: base) {
                base = postfix
                parser.nodes += 1
                guard parser.nodes <= Limits.nodes else { throw .tooLarge }
            }
            return base
        }
    }

    private mutating func postfix(of base: Expression) throws(MathFailure) -> Expression? {
        if take("^") {
            if takeCommand("circ") || takeCommand("degree") { return .degrees(base) }
            if isMark("{"), position + 2 < tokens.count, tokens[position + 1].kind == .command("circ"),
                tokens[position + 2].isMark(UInt8(ascii: "}"))
            {
                position += 3
                return .degrees(base)
            }
            return .power(base, try exponent())
        }
        if takeCommand("degree") || takeCommand("circ") { return .degrees(base) }
        if take("!") { return .function("factorial", [base]) }
        if take("%") || takeCommand("percent") { return .percent(base) }
        return nil
    }

    /// What stands behind ^: a group, or one factor with its sign.
    private mutating func exponent() throws(MathFailure) -> Expression {
        try nested { parser throws(MathFailure) in
            if parser.take("-") { return .negative(try parser.exponent()) }
            if parser.take("+") { return try parser.exponent() }
            let base = try parser.primary()
            return parser.take("^") ? .power(base, try parser.exponent()) : base
        }
    }

    /// An argument of a command: a group or one primary.
    mutating func argument() throws(MathFailure) -> Expression {
        try nested { parser throws(MathFailure) in try parser.primary() }
    }
}
