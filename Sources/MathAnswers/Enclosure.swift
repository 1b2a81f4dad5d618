/// A real number known within bounds. What the bounds exclude is proven.
///
/// Functions give nil where the bounds are too wide or too far out to tell anything.
protocol Enclosure {
    init(_ value: Fraction)
    /// Exactly this number, which is finite.
    init(exactly value: Double)

    static var zero: Self { get }
    static var one: Self { get }
    static var pi: Self { get }

    static prefix func - (value: Self) -> Self
    static func + (left: Self, right: Self) -> Self
    static func * (left: Self, right: Self) -> Self
    /// nil if this may be 0.
    func reciprocal() -> Self?

    /// Whether it is 0 and nothing else.
    var isZero: Bool { get }
    var isPositive: Bool { get }
    var isNegative: Bool { get }
    /// At least the largest magnitude within the bounds.
    var magnitude: Double { get }
    /// Whether the bounds are narrow beside `scale`, narrower than two different answers lie by chance.
    func isNarrow(beside scale: Double) -> Bool

    func squareRoot() -> Self?
    func exponential() -> Self?
    /// For numbers above 0.
    func logarithm() -> Self?
    func sine() -> Self?
    func arcTangent() -> Self?
    /// The greatest whole number below, if it is the same for all within the bounds.
    func floor() -> Self?
    /// Γ(x + 1).
    func factorial() -> Self?
}

extension Enclosure {
    var excludesZero: Bool { isPositive || isNegative }

    /// nil if `right` may be 0.
    static func / (left: Self, right: Self) -> Self? { right.reciprocal().map { left * $0 } }

    static func - (left: Self, right: Self) -> Self { left + -right }

    var absolute: Self? { isNegative ? -self : isPositive || isZero ? self : nil }

    func cosine() -> Self? { (self + Self.pi * Self(exactly: 0.5)).sine() }

    /// For −1 < x < 1, and the ends exactly.
    func arcSine() -> Self? {
        let below = (Self.one - self) * (Self.one + self)
        if below.isZero { return (isPositive ? Self.pi : -Self.pi) * Self(exactly: 0.5) }
        guard below.isPositive, let root = below.squareRoot(), let ratio = self / root else { return nil }
        return ratio.arcTangent()
    }

    func power(_ exponent: Int) -> Self? {
        if exponent < 0 { return power(-exponent)?.reciprocal() }
        if exponent > 64 {
            guard isPositive else { return nil }
            return power(Self(exactly: Double(exponent)))
        }
        var result = Self.one
        for _ in 0..<exponent { result = result * self }
        return result
    }

    /// For numbers above 0.
    func power(_ exponent: Self) -> Self? { logarithm().flatMap { ($0 * exponent).exponential() } }
}
