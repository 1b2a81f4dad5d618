import BigInt
import Glibc

/// Values of forms at one point, as intervals: a deterministic number for every variable.
///
/// Used to prove forms different, and to accept those as equal that no point tells apart.
struct NumericProbe {
    /// Why a form has no value at a point.
    enum Obstacle: Error, Equatable {
        /// Its value is no real number there, or infinite.
        case undefined
        /// The bounds are too wide to tell, or the form holds what is never evaluated.
        case unknown
        /// The work ran out.
        case failed(MathFailure)

        /// - Throws: the failure, if it is one.
        func rethrow() throws(MathFailure) {
            if case .failed(let failure) = self { throw failure }
        }
    }

    private let algebra: Algebra
    private let point: Int
    private var values: [Int: RealInterval] = [:]
    /// Whether a variable was met: a value that holds everywhere needs more than one point.
    private(set) var hasVariables = false

    init(algebra: Algebra, point: Int) {
        self.algebra = algebra
        self.point = point
    }

    /// Real and imaginary part of a form.
    mutating func value(of form: Form) throws(Obstacle) -> (real: RealInterval, imaginary: RealInterval) {
        let top = try value(ofComplex: form.numerator)
        if form.denominator == .one { return (top.real.value, top.imaginary.value) }
        let bottom = try value(ofComplex: form.denominator)
        let (a, b, c, d) = (top.real.value, top.imaginary.value, bottom.real.value, bottom.imaginary.value)
        if d == .zero {
            guard let real = a / c, let imaginary = b / c else { throw .unknown }
            return (real, imaginary)
        }
        guard let real = (a * c + b * d) / (c * c + d * d), let imaginary = (b * c + -(a * d)) / (c * c + d * d) else {
            throw .unknown
        }
        return (real, imaginary)
    }

    /// The two parts of a polynomial, each with the sum of its terms' magnitudes as the scale of what is small.
    mutating func value(
        ofComplex polynomial: Polynomial
    ) throws(Obstacle) -> (real: (value: RealInterval, scale: Double), imaginary: (value: RealInterval, scale: Double))
    {
        let parts = algebra.parts(of: polynomial)
        return (try value(of: parts.real), try value(of: parts.imaginary))
    }

    private mutating func value(of polynomial: Polynomial) throws(Obstacle) -> (value: RealInterval, scale: Double) {
        var total = RealInterval.zero
        var scale = 0.0
        for (monomial, coefficient) in polynomial.terms.sorted(by: { $0.key.isGreater(than: $1.key) }) {
            try charge(8 + coefficient.cost)
            var term = RealInterval(coefficient)
            for factor in monomial.factors { term = term * (try power(of: factor)) }
            total = total + term
            scale += term.magnitude
        }
        return (total, scale)
    }

    private func charge(_ steps: Int) throws(Obstacle) {
        do throws(MathFailure) {
            try algebra.budget.charge(steps)
        } catch {
            throw .failed(error)
        }
    }

    private mutating func real(_ form: Form) throws(Obstacle) -> RealInterval {
        let (real, imaginary) = try value(of: form)
        guard !imaginary.excludesZero else { throw .undefined }
        guard imaginary == .zero else { throw .unknown }
        return real
    }

    private mutating func power(of factor: Monomial.Factor) throws(Obstacle) -> RealInterval {
        let base = try value(ofAtom: factor.atom)
        if let exponent = factor.exponent.wholeValue { return try NumericProbe.power(base, exponent) }
        return try NumericProbe.power(base, factor.exponent)
    }

    private static func power(_ base: RealInterval, _ exponent: Int) throws(Obstacle) -> RealInterval {
        if exponent < 0 {
            guard let inverse = .one / (try power(base, -exponent)) else { throw .unknown }
            return inverse
        }
        if exponent > 64 {
            guard base.isPositive else { throw .unknown }
            return (base.increasing(log) * RealInterval(exactly: Double(exponent))).increasing(exp)
        }
        var result = RealInterval.one
        for _ in 0..<exponent { result = result * base }
        if exponent % 2 == 0 { result.lower = max(result.lower, 0) }
        return result
    }

    /// Odd roots of negative numbers are real, even ones undefined.
    private static func power(_ base: RealInterval, _ exponent: Fraction) throws(Obstacle) -> RealInterval {
        if base == .zero, !exponent.isNegative { return .zero }
        if base.isPositive {
            if exponent == .half { return base.increasing { $0.squareRoot() } }
            return (base.increasing(log) * RealInterval(exponent)).increasing(exp)
        }
        guard base.isNegative else { throw .unknown }
        guard exponent.denominator % 2 != 0 else { throw .undefined }
        let magnitude = try power(-base, exponent)
        return exponent.numerator % 2 == 0 ? magnitude : -magnitude
    }

    private mutating func value(ofAtom atom: Int) throws(Obstacle) -> RealInterval {
        if let value = values[atom] {
            if case .symbol = algebra.atoms[atom] { hasVariables = true }
            return value
        }
        let value: RealInterval
        switch algebra.atoms[atom] {
        case .symbol(let name): value = variable(name)
        case .pi: value = .pi
        case .e: value = .e
        case .imaginaryUnit, .opaque: throw .unknown
        case .integer(let number, _): value = RealInterval(number)
        case .root(let form): value = try real(form)
        case .power(let base, let exponent):
            let below = try self.value(ofAtom: base)
            let above = try self.value(of: Polynomial(exponent)).value
            guard !below.isNegative else { throw .undefined }
            guard below.isPositive else { throw .unknown }
            value = (below.increasing(log) * above).increasing(exp)
        case .function(let name, let arguments):
            var inner: [RealInterval] = []
            for argument in arguments { inner.append(try real(argument)) }
            value = try function(name, inner) ?? variable("\(name)#\(atom)")
        }
        values[atom] = value
        return value
    }

    /// Positive at even points, of either sign at odd ones, and never a simple number.
    private mutating func variable(_ name: String) -> RealInterval {
        hasVariables = true
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 &+ UInt64(point) &* 0x9E37_79B9_7F4A_7C15
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 29)) &* 0xBF58_476D_1CE4_E5B9
        hash ^= hash >> 32
        let magnitude = 0.25 + 2.5 * Double(hash >> 12) * 0x1p-52
        return RealInterval(exactly: point % 2 == 1 && hash & 1 == 1 ? -magnitude : magnitude)
    }

    /// nil for a function that is only a name.
    private func function(_ name: String, _ arguments: [RealInterval]) throws(Obstacle) -> RealInterval? {
        guard let first = arguments.first else { throw .unknown }
        switch name {
        case "sin": return first.sine
        case "cos": return first.cosine
        case "ln":
            guard first.upper > 0 else { throw .undefined }
            guard first.isPositive else { throw .unknown }
            return first.increasing(log)
        case "arctan": return first.increasing(atan)
        case "arcsin", "arccos":
            guard first.lower <= 1, first.upper >= -1 else { throw .undefined }
            guard first.lower >= -1, first.upper <= 1 else { throw .unknown }
            return name == "arcsin" ? first.increasing(asin) : -first.increasing { -acos($0) }
        case "abs":
            if first.lower >= 0 { return first }
            return first.upper <= 0 ? -first : RealInterval(lower: 0, upper: first.magnitude)
        case "floor", "ceil":
            let rounding: FloatingPointRoundingRule = name == "floor" ? .down : .up
            let bounds = RealInterval(lower: first.lower.rounded(rounding), upper: first.upper.rounded(rounding))
            guard bounds.lower == bounds.upper else { throw .unknown }
            return bounds
        case "factorial":
            // Γ(x + 1) falls up to its least value near 0.4616 and grows from there.
            let isMonotone = first.lower > 0.47 || first.upper < 0.46
            guard first.lower > -1, first.upper < 100, isMonotone else { throw .unknown }
            let ends = (tgamma(first.lower + 1), tgamma(first.upper + 1))
            return RealInterval(lower: min(ends.0, ends.1) * (1 - 1e-13), upper: max(ends.0, ends.1) * (1 + 1e-13))
        case "pow" where arguments.count == 2:
            guard first.isPositive else { throw .unknown }
            return (first.increasing(log) * arguments[1]).increasing(exp)
        case "max":
            return arguments.reduce(first) { .init(lower: max($0.lower, $1.lower), upper: max($0.upper, $1.upper)) }
        case "min":
            return arguments.reduce(first) { .init(lower: min($0.lower, $1.lower), upper: min($0.upper, $1.upper)) }
        default:
            // \\sum and its kin, and named functions that are not evaluated here.
            guard !name.hasPrefix("\\"), !Vocabulary.functions.contains(name), name != "binom" else { throw .unknown }
            return nil
        }
    }
}
