/// An exact fraction, not reduced, with a denominator above 0.
///
/// No operation checks for overflow, because none can occur on numbers that `fits` admits: with
/// B(S) = ½ ∏_{m ∈ S} 2·max(m, 1), numerator and denominator of any expression that uses each number of S at most once
/// are at most B(S) in magnitude. This holds for single numbers, and a sum over disjoint S and S' is at most
/// 2·B(S)·B(S') = B(S ∪ S'); products and quotients are smaller.
struct Rational: Sendable, Equatable {
    private let numerator: Int128
    private let denominator: Int128

    init(_ value: Int) {
        self.init(Int128(value), 1)
    }

    private init(_ numerator: Int128, _ denominator: Int128) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Whether expressions on `numbers`, each non-negative and used at most once, can be evaluated exactly.
    static func fits(_ numbers: [Int]) -> Bool {
        var bound: Int128 = 1
        for number in numbers {
            let (product, overflow) = bound.multipliedReportingOverflow(by: 2 * Int128(max(number, 1)))
            guard number >= 0, !overflow else { return false }
            bound = product
        }
        return true
    }

    /// The value if it is whole.
    var wholeValue: Int128? { numerator % denominator == 0 ? numerator / denominator : nil }

    static func + (left: Rational, right: Rational) -> Rational {
        Rational(
            left.numerator * right.denominator + right.numerator * left.denominator,
            left.denominator * right.denominator)
    }

    static func - (left: Rational, right: Rational) -> Rational {
        Rational(
            left.numerator * right.denominator - right.numerator * left.denominator,
            left.denominator * right.denominator)
    }

    static func * (left: Rational, right: Rational) -> Rational {
        Rational(left.numerator * right.numerator, left.denominator * right.denominator)
    }

    /// nil if `right` is zero.
    static func / (left: Rational, right: Rational) -> Rational? {
        guard right.numerator != 0 else { return nil }
        let sign: Int128 = right.numerator < 0 ? -1 : 1
        return Rational(
            sign * left.numerator * right.denominator, sign * left.denominator * right.numerator)
    }
}
