/// Reads one number: digits, thousands, decimals, repeating decimals, a power of ten.
struct NumberReader {
    let bytes: [UInt8]
    private(set) var position: Int
    /// Whether "1,234" and "1 234" are thousands here.
    let joinsCommas: Bool

    init(bytes: [UInt8], position: Int, joinsCommas: Bool) {
        self.bytes = bytes
        self.position = position
        self.joinsCommas = joinsCommas
    }

    private func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func read() throws(MathFailure) -> (value: Fraction, isDecimal: Bool) {
        var digits: [UInt8] = []
        var places = 0
        takeDigits(into: &digits)
        if (1...3).contains(digits.count), digits[0] != UInt8(ascii: "0") {
            while let next = startOfThousands(after: position) {
                digits += bytes[next..<next + 3]
                position = next + 3
            }
        }
        var isDecimal = false
        var repeating: [UInt8] = []
        if byte(position) == UInt8(ascii: "."), let following = byte(position + 1) {
            if following.isDigit {
                isDecimal = true
                position += 1
                let before = digits.count
                takeDigits(into: &digits)
                places = digits.count - before
                repeating = repetition(at: position)
            } else {
                repeating = repetition(at: position + 1)
            }
        }
        guard digits.count + repeating.count <= Limits.digits else { throw .tooLarge }
        var value = try Fraction(digits: digits, places: places)
        if !repeating.isEmpty {
            let tail = try Fraction(digits: repeating, places: places + repeating.count)
            let all = try Fraction(10).power(repeating.count)
            value = try value + tail * all / (all - .one)
            return (value, false)
        }
        if let exponent = powerOfTen() {
            value = try value * Fraction(10).power(exponent)
            isDecimal = true
        }
        return (value, isDecimal)
    }

    private mutating func takeDigits(into digits: inout [UInt8]) {
        while let digit = byte(position), digit.isDigit {
            digits.append(digit)
            position += 1
        }
    }

    /// Where three digits begin that belong to the number ending at `index`, or nil.
    private func startOfThousands(after index: Int) -> Int? {
        var next = index
        switch byte(next) {
        case UInt8(ascii: "{"):
            next = skippingBlanks(next + 1)
            guard byte(next) == UInt8(ascii: ",") else { return nil }
            next = skippingBlanks(next + 1)
            guard byte(next) == UInt8(ascii: "}") else { return nil }
            next += 1
        case UInt8(ascii: ","):
            next += 1
            let isJoined = byte(next) == UInt8(ascii: "\\") && byte(next + 1) == UInt8(ascii: "!")
            if isJoined {
                next = skippingBlanks(next + 2)
            } else if !joinsCommas {
                return nil
            }
        case UInt8(ascii: " "):
            guard joinsCommas else { return nil }
            next += 1
            if byte(next) == UInt8(ascii: "{") { return startOfThousands(after: next) }
        case UInt8(ascii: "\\"):
            guard joinsCommas, let space = byte(next + 1), space == UInt8(ascii: ",") || space == UInt8(ascii: " ")
            else { return nil }
            next += 2
        default:
            return nil
        }
        guard (0..<3).allSatisfy({ byte(next + $0)?.isDigit == true }), byte(next + 3)?.isDigit != true else {
            return nil
        }
        return next
    }

    private func skippingBlanks(_ index: Int) -> Int {
        var index = index
        while byte(index)?.isBlank == true { index += 1 }
        return index
    }

    /// The digits that repeat, if \overline{…}, \bar{…}, \dot{…} or (…) follows; the position moves behind them.
    private mutating func repetition(at start: Int) -> [UInt8] {
        for opening in ["\\overline{", "\\bar{", "\\dot{", "("] {
            guard bytes[start...].starts(with: opening.utf8) else { continue }
            var end = start + opening.utf8.count
            var digits: [UInt8] = []
            while let digit = byte(end), digit.isDigit {
                digits.append(digit)
                end += 1
            }
            let closing = opening == "(" ? UInt8(ascii: ")") : UInt8(ascii: "}")
            guard !digits.isEmpty, byte(end) == closing else { return [] }
            position = end + 1
            return digits
        }
        return []
    }

    /// The exponent of "e5", "E-3" right behind the digits.
    private mutating func powerOfTen() -> Int? {
        guard let letter = byte(position), letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") else {
            return nil
        }
        var index = position + 1
        var sign = 1
        if let character = byte(index), character == UInt8(ascii: "-") || character == UInt8(ascii: "+") {
            sign = character == UInt8(ascii: "-") ? -1 : 1
            index += 1
        }
        var exponent = 0
        let start = index
        while let digit = byte(index), digit.isDigit, index - start < 4 {
            exponent = exponent * 10 + Int(digit - UInt8(ascii: "0"))
            index += 1
        }
        guard index > start, byte(index)?.isLetter != true else { return nil }
        position = index
        return sign * exponent
    }
}
