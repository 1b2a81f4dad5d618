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
