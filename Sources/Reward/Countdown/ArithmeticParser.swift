/// Reads an arithmetic expression from UTF-8 text, strictly.
///
///     expression = term   { ("+" | "-" | "−") term }
///     term       = factor { ("*" | "×" | "/" | "÷") factor }
///     factor     = number | "(" expression ")"
///     number     = "0" | nonzero digit { digit }
///
/// Spaces may stand between these tokens, never inside a number. There are no signs, no implicit products, and nothing
/// may follow. Text, nesting and number length are bounded, so any input takes bounded time and stack.
struct ArithmeticParser {
    /// Longest text read, in bytes; deepest nesting of parentheses; longest number, in digits.
    static let maximumBytes = 1024
    static let maximumDepth = 64
    static let maximumDigits = 15

    private var rest: ArraySlice<UInt8>
    private var depth = 0

    /// The expression that `text` is, or nil if it is none.
    static func parse(_ text: ArraySlice<UInt8>) -> ArithmeticExpression? {
        guard text.count <= maximumBytes else { return nil }
        var parser = ArithmeticParser(rest: text)
        guard let expression = parser.expression(), parser.rest.isEmpty else { return nil }
        return expression
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }

    private mutating func expression() -> ArithmeticExpression? {
        guard var left = term() else { return nil }
        while let symbol = take([("+", .add), ("-", .subtract), ("−", .subtract)]) {
            guard let right = term() else { return nil }
            left = .operation(symbol, left, right)
        }
        return left
    }

    private mutating func term() -> ArithmeticExpression? {
        guard var left = factor() else { return nil }
        while let symbol = take([("*", .multiply), ("×", .multiply), ("/", .divide), ("÷", .divide)]) {
            guard let right = factor() else { return nil }
            left = .operation(symbol, left, right)
        }
        return left
    }

    private mutating func factor() -> ArithmeticExpression? {
        skipSpaces()
        guard rest.first == UInt8(ascii: "(") else { return number() }
        rest.removeFirst()
        depth += 1
        guard depth <= Self.maximumDepth, let inner = expression(), rest.first == UInt8(ascii: ")") else { return nil }
        depth -= 1
        rest.removeFirst()
        skipSpaces()
        return inner
    }

    private mutating func number() -> ArithmeticExpression? {
        let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let first = digits.first, digits.count <= Self.maximumDigits,
            first != UInt8(ascii: "0") || digits.count == 1
        else { return nil }
        rest.removeFirst(digits.count)
        skipSpaces()
        return .number(digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) })
    }

    /// Consumes one of `symbols` if it comes next; spaces before it are already gone.
    private mutating func take(_ symbols: [(String, ArithmeticOperator)]) -> ArithmeticOperator? {
        for (text, symbol) in symbols where rest.starts(with: text.utf8) {
            rest.removeFirst(text.utf8.count)
            return symbol
        }
        return nil
    }

    private mutating func skipSpaces() { rest = rest.drop { $0 == UInt8(ascii: " ") } }
}
