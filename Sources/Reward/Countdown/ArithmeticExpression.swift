/// The four operators of Countdown.
package enum ArithmeticOperator: Character, Sendable, Equatable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"

    var precedence: Int {
        switch self {
        case .add, .subtract: 1
        case .multiply, .divide: 2
        }
    }
}

/// A sum, difference, product or quotient of whole numbers.
package indirect enum ArithmeticExpression: Sendable, Equatable {
    case number(Int)
    case operation(ArithmeticOperator, ArithmeticExpression, ArithmeticExpression)

    /// The numbers it is made of, from left to right.
    package var numbers: [Int] {
        switch self {
        case .number(let value): [value]
        case .operation(_, let left, let right): left.numbers + right.numbers
        }
    }

    /// ASCII without spaces and with no more parentheses than the value needs: "(8-3)*5", "8-(3-1)", but "8+3-1" also
    /// for 8+(3−1).
    package var text: String { text(atLeast: 1) }

    private func text(atLeast precedence: Int) -> String {
        switch self {
        case .number(let value):
            return String(value)
        case .operation(let symbol, let left, let right):
            let own = symbol.precedence
            let needed = symbol == .subtract || symbol == .divide ? own + 1 : own
            let text = "\(left.text(atLeast: own))\(symbol.rawValue)\(right.text(atLeast: needed))"
            return own < precedence ? "(\(text))" : text
        }
    }

    /// Its exact value, or nil where it divides by zero.
    ///
    /// The caller guarantees `Rational.fits(numbers)`: with that no intermediate result can overflow.
    var value: Rational? {
        switch self {
        case .number(let value):
            return Rational(value)
        case .operation(let symbol, let left, let right):
            guard let first = left.value, let second = right.value else { return nil }
            switch symbol {
            case .add: return first + second
            case .subtract: return first - second
            case .multiply: return first * second
            case .divide: return first / second
            }
        }
    }
}
