import BigInt

/// An exact rational number in lowest terms with a denominator above 0.
///
/// Numbers whose numerator and denominator fit `Int` are always stored as such, so equal numbers have equal storage and
/// everyday arithmetic never allocates.
struct Fraction: Hashable, Sendable {
    private enum Storage: Hashable, Sendable {
        case small(Int, Int)
        case wide(Wide)
    }

    /// Numerator and denominator of which at least one does not fit `Int`.
    private final class Wide: Hashable, Sendable {
        let numerator: BigInt
        let denominator: BigInt

        init(_ numerator: BigInt, _ denominator: BigInt) {
            self.numerator = numerator
            self.denominator = denominator
        }

        static func == (left: Wide, right: Wide) -> Bool {
            left.numerator == right.numerator && left.denominator == right.denominator
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(numerator)
            hasher.combine(denominator)
        }
    }

    private let storage: Storage

    static let zero = Fraction(0)
    static let one = Fraction(1)
    static let minusOne = Fraction(-1)
    static let half = Fraction(reduced: 1, 2)

    init(_ value: Int) { storage = .small(value, 1) }

    private init(storage: Storage) { self.storage = storage }

    private init(reduced numerator: Int, _ denominator: Int) { storage = .small(numerator, denominator) }

    /// - Throws: `undefined` if `denominator` is 0, `tooLarge` if the result is beyond `Limits.bits`.
    init(_ numerator: BigInt, _ denominator: BigInt) throws(MathFailure) {
        guard !denominator.isZero else { throw .undefined }
        guard numerator.bitWidth <= 2 * Limits.bits, denominator.bitWidth <= 2 * Limits.bits else { throw .tooLarge }
        let divisor = numerator.greatestCommonDivisor(with: denominator)
        let sign: BigInt = denominator.sign == .minus ? -1 : 1
        let top = sign * numerator / divisor
        let bottom = sign * denominator / divisor
        if let smallTop = Int(exactly: top), let smallBottom = Int(exactly: bottom) {
            self.init(reduced: smallTop, smallBottom)
        } else {
            guard top.bitWidth <= Limits.bits, bottom.bitWidth <= Limits.bits else { throw .tooLarge }
            self.init(storage: .wide(Wide(top, bottom)))
        }
    }

    /// - Throws: as the initialiser of wide numbers does.
    init(_ numerator: Int, over denominator: Int) throws(MathFailure) {
        guard numerator != .min, denominator != .min else {
            try self.init(BigInt(numerator), BigInt(denominator))
            return
        }
        guard denominator != 0 else { throw .undefined }
        let divisor = Fraction.greatestCommonDivisor(numerator.magnitude, denominator.magnitude)
        let sign = denominator < 0 ? -1 : 1
        self.init(reduced: sign * (numerator / divisor), sign * (denominator / divisor))
    }

    var numerator: BigInt {
        switch storage {
        case .small(let numerator, _): BigInt(numerator)
        case .wide(let wide): wide.numerator
        }
    }

    var denominator: BigInt {
        switch storage {
        case .small(_, let denominator): BigInt(denominator)
        case .wide(let wide): wide.denominator
        }
    }

    /// Numerator and denominator if both fit `Int`.
    var smallParts: (numerator: Int, denominator: Int)? {
        guard case .small(let numerator, let denominator) = storage else { return nil }
        return (numerator, denominator)
    }

    /// The value if it is whole and fits `Int`.
    var wholeValue: Int? {
        guard case .small(let numerator, 1) = storage else { return nil }
        return numerator
    }

    var isWhole: Bool {
        switch storage {
        case .small(_, let denominator): denominator == 1
        case .wide(let wide): wide.denominator == 1
        }
    }

    var isZero: Bool { self == .zero }

    var isNegative: Bool {
        switch storage {
        case .small(let numerator, _): numerator < 0
        case .wide(let wide): wide.numerator.sign == .minus
        }
    }

    /// Steps of work that one operation with this number is worth.
    var cost: Int {
        guard case .wide(let wide) = storage else { return 1 }
        let words = (wide.numerator.bitWidth + wide.denominator.bitWidth) / 64 + 1
        return 8 + words * words * 2
    }

    private static func greatestCommonDivisor(_ left: UInt, _ right: UInt) -> Int {
        var (larger, smaller) = (left, right)
        while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
        // Both were magnitudes of numbers above Int.min, so their divisor fits.
        return Int(larger)
    }
}

extension Fraction: Comparable {
    static func < (left: Fraction, right: Fraction) -> Bool {
        if let (a, b) = left.smallParts, let (c, d) = right.smallParts {
            let first = a.multipliedFullWidth(by: d)
            let second = c.multipliedFullWidth(by: b)
            return (first.high, first.low) < (second.high, second.low)
        }
        return left.numerator * right.denominator < right.numerator * left.denominator
    }
}

/// Arithmetic; throws `tooLarge` beyond `Limits.bits` and `undefined` on a division by zero.
extension Fraction {
    static prefix func - (value: Fraction) -> Fraction {
        switch value.storage {
        case .small(let numerator, let denominator) where numerator != .min:
            return Fraction(reduced: -numerator, denominator)
        default:
            do {
                return try Fraction(-value.numerator, value.denominator)
            } catch {
                preconditionFailure("the opposite of a number has its size")
            }
        }
    }

    static func + (left: Fraction, right: Fraction) throws(MathFailure) -> Fraction {
        if case .small(let a, let b) = left.storage, case .small(let c, let d) = right.storage {
            if b == 1, d == 1 {
                let (sum, overflow) = a.addingReportingOverflow(c)
                if !overflow { return Fraction(sum) }
            } else {
                let (first, overflow1) = a.multipliedReportingOverflow(by: d)
                let (second, overflow2) = c.multipliedReportingOverflow(by: b)
                let (sum, overflow3) = first.addingReportingOverflow(second)
                let (bottom, overflow4) = b.multipliedReportingOverflow(by: d)
                if !(overflow1 || overflow2 || overflow3 || overflow4) { return try Fraction(sum, over: bottom) }
            }
        }
        return try Fraction(
            left.numerator * right.denominator + right.numerator * left.denominator,
            left.denominator * right.denominator)
    }

    static func - (left: Fraction, right: Fraction) throws(MathFailure) -> Fraction { try left + -right }

    static func * (left: Fraction, right: Fraction) throws(MathFailure) -> Fraction {
        if case .small(let a, let b) = left.storage, case .small(let c, let d) = right.storage {
            let (top, overflow1) = a.multipliedReportingOverflow(by: c)
            let (bottom, overflow2) = b.multipliedReportingOverflow(by: d)
            if !(overflow1 || overflow2) { return bottom == 1 ? Fraction(top) : try Fraction(top, over: bottom) }
        }
        return try Fraction(left.numerator * right.numerator, left.denominator * right.denominator)
    }

    static func / (left: Fraction, right: Fraction) throws(MathFailure) -> Fraction {
        guard !right.isZero else { throw .undefined }
        return try left * right.reciprocal()
    }

    func reciprocal() throws(MathFailure) -> Fraction {
        if case .small(let numerator, let denominator) = storage { return try Fraction(denominator, over: numerator) }
        return try Fraction(denominator, numerator)
    }

    var magnitude: Fraction { isNegative ? -self : self }

    /// `self` to a whole power.
    func power(_ exponent: Int) throws(MathFailure) -> Fraction {
        if exponent < 0 { return try reciprocal().power(exponent.magnitude) }
        return try power(exponent.magnitude)
    }

    private func power(_ exponent: UInt) throws(MathFailure) -> Fraction {
        if self == .one || exponent == 0 { return .one }
        if isZero { return .zero }
        if self == .minusOne { return exponent % 2 == 0 ? .one : self }
        // Anything else at least doubles with every factor.
        guard exponent <= Limits.bits else { throw .tooLarge }
        var (result, base, rest) = (Fraction.one, self, exponent)
        while true {
            if rest & 1 == 1 { result = try result * base }
            rest >>= 1
            if rest == 0 { return result }
            base = try base * base
        }
    }

    /// The greatest whole number that is at most this one.
    var floor: Fraction {
        get throws(MathFailure) {
            let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
            return try Fraction(remainder.sign == .minus && !remainder.isZero ? quotient - 1 : quotient, 1)
        }
    }

    /// The nearest multiple of 10^-`places`; halves go to the even one.
    func rounded(places: Int) throws(MathFailure) -> Fraction {
        let scale = try Fraction(10).power(places)
        let scaled = try self * scale
        let floor = try scaled.floor
        let rest = try scaled - floor
        var nearest = floor
        if rest > .half || (rest == .half && !(floor.numerator % 2).isZero) { nearest = try floor + .one }
        return try nearest / scale
    }
}
