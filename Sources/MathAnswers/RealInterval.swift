import BigInt
import Glibc

/// A real number known to lie between two doubles. Every operation rounds outwards, so what the bounds exclude is
/// proven.
struct RealInterval: Equatable {
    var lower: Double
    var upper: Double

    static let all = RealInterval(lower: -.infinity, upper: .infinity)
    static let zero = RealInterval(exactly: 0)
    static let one = RealInterval(exactly: 1)
    static let pi = RealInterval(lower: Double.pi, upper: Double.pi.nextUp)
    static let e = RealInterval(lower: 2.718281828459045, upper: 2.718281828459045.nextUp)

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

    var excludesZero: Bool { lower > 0 || upper < 0 }
    var isPositive: Bool { lower > 0 }
    var isNegative: Bool { upper < 0 }
    var width: Double { upper - lower }
    /// The largest magnitude in it.
    var magnitude: Double { max(abs(lower), abs(upper)) }

    static prefix func - (value: RealInterval) -> RealInterval {
        RealInterval(lower: -value.upper, upper: -value.lower)
    }

    static func + (left: RealInterval, right: RealInterval) -> RealInterval {
        RealInterval(around: left.lower + right.lower, left.upper + right.upper)
    }

    static func * (left: RealInterval, right: RealInterval) -> RealInterval {
        let products = [
            left.lower * right.lower, left.lower * right.upper, left.upper * right.lower, left.upper * right.upper,
        ]
        guard !products.contains(where: \.isNaN), let low = products.min(), let high = products.max() else {
            return .all
        }
        return RealInterval(around: low, high)
    }

    /// nil if `right` may be 0.
    static func / (left: RealInterval, right: RealInterval) -> RealInterval? {
        guard right.excludesZero else { return nil }
        return left * RealInterval(around: 1 / right.upper, 1 / right.lower)
    }

    /// A monotone increasing function, evaluated to within four units in the last place.
    func increasing(_ function: (Double) -> Double) -> RealInterval {
        RealInterval(around: function(lower), function(upper), ulps: 4)
    }

    /// Where the sine of the interval lies.
    var sine: RealInterval {
        guard width < 1, magnitude < 1e6 else { return RealInterval(lower: -1, upper: 1) }
        var (low, high) = (min(sin(lower), sin(upper)), max(sin(lower), sin(upper)))
        // Extremes at π/2 + kπ: 1 for even k, −1 for odd.
        let first = ((lower - .pi / 2) / .pi - 1e-9).rounded(.up)
        if first <= (upper - .pi / 2) / .pi + 1e-9 {
            if first.truncatingRemainder(dividingBy: 2) == 0 { high = 1 } else { low = -1 }
        }
        return RealInterval(around: low, high, ulps: 4)
    }

    var cosine: RealInterval { (self + RealInterval(lower: Double.pi / 2, upper: (Double.pi / 2).nextUp)).sine }
}

extension Fraction {
    /// The nearest double, up to a few units in the last place; infinite or 0 beyond its range.
    var approximation: Double {
        if let (numerator, denominator) = smallParts { return Double(numerator) / Double(denominator) }
        let (top, bottom) = (numerator, denominator)
        // Sixty-four leading bits of each, and the difference of what was cut off.
        let (topShift, bottomShift) = (max(top.magnitude.bitWidth - 64, 0), max(bottom.magnitude.bitWidth - 64, 0))
        let high = Double(UInt64(truncatingIfNeeded: top.magnitude >> topShift))
        let low = Double(UInt64(truncatingIfNeeded: bottom.magnitude >> bottomShift))
        let quotient = scalbn(high / low, Int32(topShift - bottomShift))
        return isNegative ? -quotient : quotient
    }
}
