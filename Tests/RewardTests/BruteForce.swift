import Reward

/// A second, naive way to evaluate and to solve, sharing nothing with the product but the expression's shape.
struct Fraction: Equatable {
    var top: Int
    var bottom: Int

    init(_ top: Int, _ bottom: Int = 1) {
        var (larger, smaller) = (abs(top), abs(bottom))
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        let sign = bottom < 0 ? -1 : 1
        self.top = sign * top / max(larger, 1)
        self.bottom = sign * bottom / max(larger, 1)
    }

    static func apply(_ symbol: Character, _ left: Fraction, _ right: Fraction) -> Fraction? {
        switch symbol {
        case "+": Fraction(left.top * right.bottom + right.top * left.bottom, left.bottom * right.bottom)
        case "-": Fraction(left.top * right.bottom - right.top * left.bottom, left.bottom * right.bottom)
        case "*": Fraction(left.top * right.top, left.bottom * right.bottom)
        default: right.top == 0 ? nil : Fraction(left.top * right.bottom, left.bottom * right.top)
        }
    }
}

/// A random expression, written with needless parentheses, blanks and Unicode operators, and its value.
struct WrittenExpression {
    var text: String
    var value: Fraction?
    var numbers: [Int]

    static func random(_ count: Int, _ random: inout SplitMix64) -> WrittenExpression {
        if count == 1 {
            let number = random.below(20)
            return WrittenExpression(text: "\(number)", value: Fraction(number), numbers: [number])
        }
        let split = 1 + random.below(count - 1)
        let left = Self.random(split, &random)
        let right = Self.random(count - split, &random)
        let (symbol, spellings) = random.element(of: [
            ("+", ["+"]), ("-", ["-", "−"]), ("*", ["*", "×"]), ("/", ["/", "÷"]),
        ])
        let blank = random.element(of: ["", " ", "  "])
        let value = left.value.flatMap { left in
            right.value.flatMap { Fraction.apply(Character(symbol), left, $0) }
        }
        let text = "(\(left.text)\(blank)\(random.element(of: spellings))\(blank)\(right.text))"
        return WrittenExpression(text: text, value: value, numbers: left.numbers + right.numbers)
    }
}

/// Every canonical solution text, by joining any two of the operands in hand in every way, down to one.
func bruteForceSolutions(_ numbers: [Int], target: Int) -> Set<String> {
    struct Operand {
        var text: String
        var value: Int
        var strength: Int
    }
    func wrapped(_ operand: Operand, _ needed: Int) -> String {
        operand.strength >= needed ? operand.text : "(\(operand.text))"
    }
    var found: Set<String> = []
    func search(_ operands: [Operand]) {
        for operand in operands where operand.value == target { found.insert(operand.text) }
        for first in operands.indices {
            for second in operands.indices where second > first {
                var (large, small) = (operands[first], operands[second])
                if (large.value, large.text) < (small.value, small.text) { swap(&large, &small) }
                let others = operands.indices.filter { $0 != first && $0 != second }.map { operands[$0] }
                let joined = [
                    Operand(
                        text: wrapped(large, 1) + "+" + wrapped(small, 1), value: large.value + small.value, strength: 1
                    ),
                    Operand(
                        text: wrapped(large, 1) + "-" + wrapped(small, 2), value: large.value - small.value, strength: 1
                    ),
                    Operand(
                        text: wrapped(large, 2) + "*" + wrapped(small, 2), value: large.value * small.value, strength: 2
                    ),
                ]
                for operand in joined { search(others + [operand]) }
                if small.value > 0, large.value % small.value == 0 {
                    let text = wrapped(large, 2) + "/" + wrapped(small, 3)
                    search(others + [Operand(text: text, value: large.value / small.value, strength: 2)])
                }
            }
        }
    }
    search(numbers.map { Operand(text: "\($0)", value: $0, strength: 3) })
    return found
}
