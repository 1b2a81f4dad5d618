import BigInt
import Glibc

/// Bounds that are doubles, rounded outwards in every operation: fast, to about fifteen digits.
struct RealInterval: Enclosure, Equatable {
    var lower: Double
    var upper: Double

    static let all = RealInterval(lower: -.infinity, upper: .infinity)
    static let zero = RealInterval(exactly: 0)
    static let one = RealInterval(exactly: 1)
    static let pi = RealInterval(lower: Double.pi, upper: Double.pi.nextUp)

    init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    init(exactly value: Double) { self.init(lower: value, upper: value) }

    /// What holds `lower … upper` after `ulps` units in the last place of error at each end.
    private init(around lower: Double, _ upper: Double, ulps: Int = 1) {
        guard !lower.isNaN, !upper.isNaN else {
            self = .all
            return
        }
        var (low, high) = (lower, upper)
        for _ in 0..<ulps {
            low = low.nextDown
            high = high.nextUp
        }
        self.init(lower: low, upper: high)
    }

    init(_ value: Fraction) {
        if let (numerator, denominator) = value.smallParts, numerator.magnitude < 1 << 53, denominator < 1 << 53 {
            if denominator == 1 {
                self.init(exactly: Double(numerator))
            } else {
                let quotient = Double(numerator) / Double(denominator)
                self.init(around: quotient, quotient)
            }
        } else {
            let approximation = value.approximation
            self.init(around: approximation, approximation, ulps: 4)
        }
    }

    var isZero: Bool { lower == 0 && upper == 0 }
    var isPositive: Bool { lower > 0 }
    var isNegative: Bool { upper < 0 }
    var magnitude: Double { max(abs(lower), abs(upper)) }

    func isNarrow(beside scale: Double) -> Bool { scale.isFinite && upper - lower <= 1e-11 * scale }

    static prefix func - (value: RealInterval) -> RealInterval {
        RealInterval(lower: -value.upper, upper: -value.lower)
    }

    static func + (left: RealInterval, right: RealInterval) -> RealInterval {
        RealInterval(around: left.lower + right.lower, left.upper + right.upper)
    }

    static func * (left: RealInterval, right: RealInterval) -> RealInterval {
        let (a, b) = (left.lower * right.lower, left.lower * right.upper)
        let (c, d) = (left.upper * right.lower, left.upper * right.upper)
        guard !(a.isNaN || b.isNaN || c.isNaN || d.isNaN) else { return .all }
        return RealInterval(around: min(min(a, b), min(c, d)), max(max(a, b), max(c, d)))
    }

    func reciprocal() -> RealInterval? { excludesZero ? RealInterval(around: 1 / upper, 1 / lower) : nil }

    /// A growing function, evaluated to within four units in the last place.
    private func growing(_ function: (Double) -> Double) -> RealInterval {
        RealInterval(around: function(lower), function(upper), ulps: 4)
    }

    func squareRoot() -> RealInterval? { isPositive ? growing { $0.squareRoot() } : nil }
    func exponential() -> RealInterval? { growing(exp) }
    func logarithm() -> RealInterval? { isPositive ? growing(log) : nil }
    func arcTangent() -> RealInterval? { growing(atan) }

    func sine() -> RealInterval? {
        guard upper - lower < 1, magnitude < 1e6 else { return RealInterval(lower: -1, upper: 1) }
        var (low, high) = (min(sin(lower), sin(upper)), max(sin(lower), sin(upper)))
        // Extremes at π/2 + kπ: 1 for even k, −1 for odd.
        let first = ((lower - .pi / 2) / .pi - 1e-9).rounded(.up)
        if first <= (upper - .pi / 2) / .pi + 1e-9 {
            if first.truncatingRemainder(dividingBy: 2) == 0 { high = 1 } else { low = -1 }
        }
        return RealInterval(around: low, high, ulps: 4)
    }

    func floor() -> RealInterval? {
        let below = lower.rounded(.down)
        return below == upper.rounded(.down) ? RealInterval(exactly: below) : nil
    }

    func factorial() -> RealInterval? {
        // Γ(x + 1) falls up to its least value near 0.4616 and grows from there.
        guard lower > -1, upper < 100, lower > 0.47 || upper < 0.46 else { return nil }
        let ends = (tgamma(lower + 1), tgamma(upper + 1))
        return RealInterval(lower: min(ends.0, ends.1) * (1 - 1e-13), upper: max(ends.0, ends.1) * (1 + 1e-13))
    }
}

extension Fraction {
    /// The nearest double, up to a few units in the last place; infinite or 0 beyond its range.
    var approximation: Double {
        if let (numerator, denominator) = smallParts { return Double(numerator) / Double(denominator) }
        let quotient = BigFloat.quotient(numerator.magnitude, denominator.magnitude)
        return isNegative ? -quotient : quotient
    }
}

/// Doubles from whole numbers of any length.
enum BigFloat {
    static func quotient(_ top: BigUInt, _ bottom: BigUInt) -> Double {
        let (high, highShift) = leading(top)
        let (low, lowShift) = leading(bottom)
        return scalbn(high / low, Int32(highShift - lowShift))
    }

    /// value · 2^-shift.
    static func scaled(_ value: BigInt, down shift: Int) -> Double {
        let (high, highShift) = leading(value.magnitude)
        let result = scalbn(high, Int32(highShift - shift))
        return value.sign == .minus ? -result : result
    }

    /// The sixty-four leading bits, and how many were cut off.
    private static func leading(_ value: BigUInt) -> (Double, Int) {
        let shift = max(value.bitWidth - 64, 0)
        return (Double(UInt64(truncatingIfNeeded: value >> shift)), shift)
    }
}
