/// A decimal number as an exact multiple of 10⁻¹⁸, below 10¹⁹ in magnitude.
struct DecimalNumber: Sendable, Equatable {
    static let unit: Int128 = 1_000_000_000_000_000_000
    private static let fractionDigits = 18
    private static let maximumDigits = 37
    private static let maximumExponentDigits = 3

    /// In units of 10⁻¹⁸, towards zero; at most 10³⁷ in magnitude, so that no difference overflows.
    let scaled: Int128
    /// Whether nothing was cut off.
    let isExact: Bool

    static let zero = DecimalNumber(scaled: 0, isExact: true, isNegative: false)

    /// What a text says.
    enum Reading: Equatable {
        case number(DecimalNumber)
        /// A number beyond 10¹⁹.
        case tooLarge
        case notANumber
    }

    /// The number as an interval [low, high] that certainly holds it, in units of 10⁻¹⁸.
    var interval: ClosedRange<Int128> {
        guard !isExact else { return scaled...scaled }
        return isNegative ? scaled - 1...scaled : scaled...scaled + 1
    }

    private let isNegative: Bool

    /// Reads sign, digits (in groups of three by commas, if any), fraction and exponent: "-1,234.50", "+.5", "6e23", "42.".
    ///
    /// Linear in the text's length.
    static func read(_ text: ArraySlice<UInt8>) -> Reading {
        var cursor = Cursor(rest: text)
        let isNegative = cursor.sign()
        guard let whole = cursor.wholeDigits() else { return .notANumber }
        var fraction: ArraySlice<UInt8> = []
        if cursor.take(UInt8(ascii: ".")) { fraction = cursor.digits() }
        guard !whole.isEmpty || !fraction.isEmpty, let exponent = cursor.exponent(), cursor.rest.isEmpty else {
            return .notANumber
        }
        let digits = (whole + fraction).map { $0 - UInt8(ascii: "0") }.drop { $0 == 0 }
        let shift = fractionDigits + exponent - fraction.count
        guard !digits.isEmpty else { return .number(.zero) }
        guard digits.count + shift <= maximumDigits else { return .tooLarge }
        let kept = shift >= 0 ? digits : digits.dropLast(min(-shift, digits.count))
        let cut = digits.dropFirst(kept.count)
        var magnitude = kept.reduce(Int128(0)) { $0 * 10 + Int128($1) }
        for _ in 0..<max(0, shift) { magnitude *= 10 }
        return .number(
            Self(
                scaled: isNegative ? -magnitude : magnitude, isExact: cut.allSatisfy { $0 == 0 },
                isNegative: isNegative))
    }

    private init(scaled: Int128, isExact: Bool, isNegative: Bool) {
        self.scaled = scaled
        self.isExact = isExact
        self.isNegative = isNegative
    }

    /// Consumes the parts of a number.
    private struct Cursor {
        var rest: ArraySlice<UInt8>

        mutating func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        mutating func sign() -> Bool {
            if take(UInt8(ascii: "+")) { return false }
            if take(UInt8(ascii: "-")) { return true }
            guard rest.starts(with: "−".utf8) else { return false }
            rest.removeFirst("−".utf8.count)
            return true
        }

        mutating func digits() -> ArraySlice<UInt8> {
            let found = rest.prefix { (0x30...0x39).contains($0) }
            rest.removeFirst(found.count)
            return found
        }

        /// Digits before the point; nil if commas do not part groups of three.
        mutating func wholeDigits() -> [UInt8]? {
            var found = Array(digits())
            guard rest.first == UInt8(ascii: ","), (1...3).contains(found.count) else { return found }
            while take(UInt8(ascii: ",")) {
                let group = digits()
                guard group.count == 3 else { return nil }
                found += group
            }
            return found
        }

        /// The power of ten behind "e", 0 without one; nil if it is malformed or has too many digits.
        mutating func exponent() -> Int? {
            guard take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) else { return 0 }
            let isNegative = sign()
            let found = digits()
            guard (1...DecimalNumber.maximumExponentDigits).contains(found.count) else { return nil }
            let value = found.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return isNegative ? -value : value
        }
    }
}
