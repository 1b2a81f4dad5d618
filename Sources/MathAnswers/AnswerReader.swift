/// Reads a found answer: its parts, joined, as one expression.
enum AnswerReader {
    static func read(_ answer: FoundAnswer, readsThousands: Bool) throws(MathFailure) -> Expression {
        var elements: [Expression] = []
        for part in answer.parts {
            var expression = try read(part, readsThousands: readsThousands, isPlainNumber: answer.isPlainNumber)
            if answer.isPercent { expression = percent(expression) }
            if answer.parts.count > 1, case .list(let inner) = expression {
                elements += inner
            } else {
                elements.append(expression)
            }
        }
        guard let first = elements.first else { throw .syntax }
        return elements.count == 1 ? first : .list(elements)
    }

    /// The same, or nil: for whoever only asks whether there is something to read.
    static func readable(_ answer: FoundAnswer) -> Expression? {
        do throws(MathFailure) {
            return try read(answer, readsThousands: true)
        } catch {
            // Whatever the reason, it is not to be read this way.
            return nil
        }
    }

    private static func percent(_ expression: Expression) -> Expression {
        switch expression {
        case .percent: expression
        default: .percent(expression)
        }
    }

    private static func read(
        _ part: ArraySlice<UInt8>, readsThousands: Bool, isPlainNumber: Bool
    ) throws(MathFailure) -> Expression {
        if let number = try simpleNumber(part) { return number }
        var bytes = Array(part)
        if isPlainNumber, let comma = decimalComma(bytes) { bytes[comma] = UInt8(ascii: ".") }
        do throws(MathFailure) {
            return try Parser.parse(bytes, readsThousands: readsThousands)
        } catch {
            // Words of a sentence are an answer, too.
            guard error == .syntax, let words = AnswerText.words(part) else { throw error }
            return .text(words)
        }
    }

    /// "-12", "3.50": what most answers are, read without the parser; nil if it is anything else.
    private static func simpleNumber(_ part: ArraySlice<UInt8>) throws(MathFailure) -> Expression? {
        var digits = part.trimmed
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard (1...18).contains(digits.count), digits.first?.isDigit == true, digits.last?.isDigit == true else {
            return nil
        }
        var places: Int?
        var value = 0
        for character in digits {
            if character.isDigit {
                value = value * 10 + Int(character - UInt8(ascii: "0"))
                places = places.map { $0 + 1 }
            } else if character == UInt8(ascii: "."), places == nil {
                places = 0
            } else {
                return nil
            }
        }
        let signed = isNegative ? -value : value
        guard let places else { return .number(Fraction(signed)) }
        return .decimal(try Fraction(signed, over: (0..<places).reduce(1) { power, _ in power * 10 }))
    }

    /// The place of a comma that can only separate decimals of a lone number: "2,74", "0,111".
    private static func decimalComma(_ bytes: [UInt8]) -> Int? {
        guard let comma = bytes.firstIndex(of: 0x2C), comma == bytes.lastIndex(of: 0x2C), comma > 0 else { return nil }
        let isNumber = bytes.enumerated().allSatisfy {
            $0.offset == comma || $0.element.isDigit || ($0.offset == 0 && $0.element == 0x2D)
        }
        guard isNumber, bytes.last?.isDigit == true else { return nil }
        let isThousands = bytes.count - comma == 4 && comma <= 3 && bytes[0] != UInt8(ascii: "0")
        return isThousands ? nil : comma
    }
}
