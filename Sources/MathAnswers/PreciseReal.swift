import BigInt
import Glibc

/// A number and a bound on its error, both in units of 2^-256: slow, to about sixty digits after the point.
///
/// Confirms what `RealInterval` could not tell from 0.
struct PreciseReal: Enclosure {
    /// Bits behind the point of `value` and `error`.
    static let bits = 256

    private let value: BigInt
    /// At least the distance of `value` from what it stands for.
    private let error: BigInt

    static let zero = PreciseReal(value: 0, error: 0)
    static let one = PreciseReal(value: FixedPoint.one >> FixedPoint.guardBits, error: 0)
    static let pi = PreciseReal(rounding: FixedPoint.pi, error: 1)

    private init(value: BigInt, error: BigInt) {
        self.value = value
        self.error = error
    }

    /// From a value of `FixedPoint`, whose own error is far below one unit here.
    private init(rounding value: BigInt, error: BigInt) {
        self.init(value: value >> FixedPoint.guardBits, error: error + 2)
    }

    init(_ value: Fraction) {
        let scaled = (value.numerator << PreciseReal.bits) / value.denominator
        self.init(value: scaled, error: value.isWhole ? 0 : 1)
    }

    init(exactly value: Double) {
        // A double's 53 bits, placed; those below 2^-256 count as error.
        let significand = BigInt(scalbn(value.significand, 52))
        let shift = PreciseReal.bits - 52 + Int(value.exponent)
        guard value != 0 else {
            self.init(value: 0, error: 0)
            return
        }
        let signed = value < 0 ? -significand : significand
        self.init(value: shift >= 0 ? signed << shift : signed >> -shift, error: shift >= 0 ? 0 : 1)
    }

    var isZero: Bool { value.isZero && error.isZero }
    var isPositive: Bool { value > error }
    var isNegative: Bool { -value > error }
    var magnitude: Double { BigFloat.scaled(BigInt(value.magnitude) + error, down: PreciseReal.bits) * (1 + 1e-15) }

    func isNarrow(beside scale: Double) -> Bool {
        scale.isFinite && BigFloat.scaled(error, down: PreciseReal.bits) <= 1e-45 * scale
    }

    static prefix func - (value: PreciseReal) -> PreciseReal {
        PreciseReal(value: -value.value, error: value.error)
    }

    static func + (left: PreciseReal, right: PreciseReal) -> PreciseReal {
        PreciseReal(value: left.value + right.value, error: left.error + right.error)
    }

    static func * (left: PreciseReal, right: PreciseReal) -> PreciseReal {
        let spread =
            BigInt(left.value.magnitude) * right.error + BigInt(right.value.magnitude) * left.error
            + left.error * right.error
        let isExact = left.isOne || right.isOne || left.isZero || right.isZero
        return PreciseReal(
            value: (left.value * right.value) >> bits, error: (spread >> bits) + (isExact && spread.isZero ? 0 : 2))
    }

    private var isOne: Bool { error.isZero && value == PreciseReal.one.value }

    func reciprocal() -> PreciseReal? {
        guard excludesZero else { return nil }
        let size = BigInt(value.magnitude)
        let inverse = (BigInt(1) << (2 * PreciseReal.bits)) / value
        let spread = (error << (2 * PreciseReal.bits)) / (size * (size - error))
        return PreciseReal(value: inverse, error: spread + 2)
    }

    func squareRoot() -> PreciseReal? {
        guard isPositive else { return nil }
        let root = (value << PreciseReal.bits).squareRoot()
        let least = ((value - error) << PreciseReal.bits).squareRoot()
        return PreciseReal(value: root, error: (error << PreciseReal.bits) / max(least, 1) + 2)
    }

    /// The value in units of `FixedPoint`.
    private var raised: BigInt { value << FixedPoint.guardBits }

    /// Whether the number is at most 2^`power` and known well enough for a function of it.
    private func isUsable(below power: Int) -> Bool {
        value.bitWidth < PreciseReal.bits + power && error.bitWidth < PreciseReal.bits - 64
    }

    func exponential() -> PreciseReal? {
        guard isUsable(below: 9) else { return nil }
        let result = FixedPoint.exponential(raised) >> FixedPoint.guardBits
        // e^m (e^r − 1) < 2 r e^m for small r; the computation is good to 2^-280 of the result.
        let spread = ((result + 1) * 2 * error) >> PreciseReal.bits
        return PreciseReal(value: result, error: spread + (result >> PreciseReal.bits) + 2)
    }

    func logarithm() -> PreciseReal? {
        guard isPositive, isUsable(below: 512) else { return nil }
        guard let result = FixedPoint.logarithm(raised) else { return nil }
        let spread = (error << PreciseReal.bits) / (value - error)
        return PreciseReal(rounding: result, error: spread + 2)
    }

    func sine() -> PreciseReal? {
        guard isUsable(below: 30) else { return nil }
        return PreciseReal(rounding: FixedPoint.sine(raised), error: error + 2)
    }

    func arcTangent() -> PreciseReal? {
        guard isUsable(below: 30) else { return nil }
        return PreciseReal(rounding: FixedPoint.arcTangent(raised), error: error + 2)
    }

    func floor() -> PreciseReal? {
        let (low, high) = ((value - error) >> PreciseReal.bits, (value + error) >> PreciseReal.bits)
        return low == high ? PreciseReal(value: low << PreciseReal.bits, error: 0) : nil
    }

    func factorial() -> PreciseReal? { nil }
}

/// Functions of numbers in units of 2^-320, each good to about 2^-280 of the result or better.
enum FixedPoint {
    static let guardBits = 64
    private static let bits = PreciseReal.bits + guardBits
    static let one = BigInt(1) << bits

    /// Machin: π = 16 arctan ⅕ − 4 arctan 1/239.
    static let pi = 16 * inverseArcTangent(5) - 4 * inverseArcTangent(239)

    private static func inverseArcTangent(_ denominator: Int) -> BigInt {
        var power = one / BigInt(denominator)
        var total = power
        var index = 1
        while !power.isZero {
            power /= -BigInt(denominator * denominator)
            index += 2
            total += power / BigInt(index)
        }
        return total
    }

    private static func product(_ left: BigInt, _ right: BigInt) -> BigInt { (left * right) >> bits }

    /// Taylor's series on the argument halved sixteen times, then squared as often; below 1, the reciprocal's.
    static func exponential(_ argument: BigInt) -> BigInt {
        if argument.sign == .minus { return (one << bits) / exponential(-argument) }
        let halvings = 16
        // Eighteen more bits than the squarings cost.
        let reduced = argument >> halvings
        var term = one
        var total = one
        var index = 1
        while !term.isZero {
            term = product(term, reduced) / BigInt(index)
            total += term
            index += 1
        }
        for _ in 0..<halvings { total = product(total, total) }
        return total
    }

    /// Halley's iteration from the logarithm in double precision; every step triples the digits.
    static func logarithm(_ argument: BigInt) -> BigInt? {
        let start = log(BigFloat.scaled(argument, down: bits))
        guard start.isFinite else { return nil }
        var result = BigInt(start * 0x1p52) << (bits - 52)
        for _ in 0..<3 {
            let power = exponential(result)
            result += ((argument - power) << (bits + 1)) / (argument + power)
        }
        return result
    }

    static func sine(_ argument: BigInt) -> BigInt {
        let half = pi >> 1
        // The nearest multiple of π/2.
        let turns = (argument + (half >> 1)).flooredQuotient(half)
        let rest = argument - turns * half
        switch Int((turns % 4 + 4) % 4) {
        case 0: return series(rest, first: rest, index: 1)
        case 1: return series(rest, first: one, index: 0)
        case 2: return -series(rest, first: rest, index: 1)
        default: return -series(rest, first: one, index: 0)
        }
    }

    /// Taylor's series of sine from x, of cosine from 1.
    private static func series(_ argument: BigInt, first: BigInt, index: Int) -> BigInt {
        let square = product(argument, argument)
        var (term, total, index) = (first, first, index)
        while !term.isZero {
            term = -product(term, square) / BigInt((index + 1) * (index + 2))
            total += term
            index += 2
            if index > 400 { break }
        }
        return total
    }

    /// y − tan(y − arctan x), from double precision; every step triples the digits.
    static func arcTangent(_ argument: BigInt) -> BigInt {
        let start = atan(BigFloat.scaled(argument, down: bits))
        var result = BigInt(start * 0x1p52) << (bits - 52)
        for _ in 0..<3 {
            let (sine, cosine) = (Self.sine(result), Self.sine(result + (pi >> 1)))
            let top = sine - product(argument, cosine)
            let bottom = cosine + product(argument, sine)
            guard !bottom.isZero else { break }
            result -= (top << bits) / bottom
        }
        return result
    }
}

extension BigInt {
    /// The quotient rounded down; `divisor` > 0.
    fileprivate func flooredQuotient(_ divisor: BigInt) -> BigInt {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder.sign == .minus && !remainder.isZero ? quotient - 1 : quotient
    }
}
