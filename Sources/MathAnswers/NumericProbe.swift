import BigInt

/// Values of forms at one point, within bounds: a deterministic number for every variable.
///
/// Used to prove forms different, and to accept those as equal that no point tells apart.
struct NumericProbe<Number: Enclosure> {
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

    typealias Value = (value: Number, scale: Double)

    private let algebra: Algebra
    private let point: Int
    /// Steps that one operation is worth.
    private let cost: Int
    private var values: [Int: Number] = [:]
    /// Whether a variable was met: a value that holds everywhere needs more than one point.
    private(set) var hasVariables = false

    init(algebra: Algebra, point: Int, cost: Int = 1) {
        self.algebra = algebra
        self.point = point
        self.cost = cost
    }

    /// Real and imaginary part of a form.
    mutating func value(of form: Form) throws(Obstacle) -> (real: Number, imaginary: Number) {
        let top = try value(ofComplex: form.numerator)
        if form.denominator == .one { return (top.real.value, top.imaginary.value) }
        let bottom = try value(ofComplex: form.denominator)
        let (a, b, c, d) = (top.real.value, top.imaginary.value, bottom.real.value, bottom.imaginary.value)
        if d.isZero {
            guard let real = a / c, let imaginary = b / c else { throw .unknown }
            return (real, imaginary)
        }
        guard let real = (a * c + b * d) / (c * c + d * d), let imaginary = (b * c - a * d) / (c * c + d * d) else {
            throw .unknown
        }
        return (real, imaginary)
    }

    /// The two parts of a polynomial, each with the sum of its terms' magnitudes as the scale of what is small.
    mutating func value(ofComplex polynomial: Polynomial) throws(Obstacle) -> (real: Value, imaginary: Value) {
        let parts = algebra.parts(of: polynomial)
        return (try value(of: parts.real), try value(of: parts.imaginary))
    }

    private mutating func value(of polynomial: Polynomial) throws(Obstacle) -> Value {
        var total = Number.zero
        var scale = 0.0
        for (monomial, coefficient) in polynomial.terms.sorted(by: { $0.key.isGreater(than: $1.key) }) {
            try charge(8 + coefficient.cost)
            var term = Number(coefficient)
            for factor in monomial.factors { term = term * (try power(of: factor)) }
            total = total + term
            scale += term.magnitude
        }
        return (total, scale)
    }

    private func charge(_ steps: Int) throws(Obstacle) {
        do throws(MathFailure) {
            try algebra.budget.charge(steps * cost)
        } catch {
            throw .failed(error)
        }
    }

    private mutating func real(_ form: Form) throws(Obstacle) -> Number {
        let (real, imaginary) = try value(of: form)
        guard !imaginary.excludesZero else { throw .undefined }
        guard imaginary.isZero else { throw .unknown }
        return real
    }

    private func known(_ value: Number?) throws(Obstacle) -> Number {
        guard let value else { throw .unknown }
        return value
    }

    // MARK: Powers

    private mutating func power(of factor: Monomial.Factor) throws(Obstacle) -> Number {
        let base = try value(ofAtom: factor.atom)
        try charge(8)
        if let exponent = factor.exponent.wholeValue { return try known(base.power(exponent)) }
        return try power(base, factor.exponent)
    }

    /// Odd roots of negative numbers are real, even ones undefined.
    private func power(_ base: Number, _ exponent: Fraction) throws(Obstacle) -> Number {
        if base.isZero, !exponent.isNegative { return .zero }
        if base.isPositive {
            return try known(exponent == .half ? base.squareRoot() : base.power(Number(exponent)))
        }
        guard base.isNegative else { throw .unknown }
        guard exponent.denominator % 2 != 0 else { throw .undefined }
        let magnitude = try power(-base, exponent)
        return exponent.numerator % 2 == 0 ? magnitude : -magnitude
    }

    // MARK: Atoms

    private mutating func value(ofAtom atom: Int) throws(Obstacle) -> Number {
        if let value = values[atom] { return value }
        try charge(32)
        let value: Number
        switch algebra.atoms[atom] {
        case .symbol(let name): value = variable(name)
        case .pi: value = .pi
        case .e: value = try known(Number.one.exponential())
        case .imaginaryUnit, .opaque: throw .unknown
        case .integer(let number, _): value = Number(number)
        case .root(let form): value = try real(form)
        case .power(let base, let exponent):
            let below = try self.value(ofAtom: base)
            let above = try self.value(of: Polynomial(exponent)).value
            value = try power(below, above)
        case .function(let name, let arguments):
            var inner: [Number] = []
            for argument in arguments { inner.append(try real(argument)) }
            value = try function(name, inner) ?? variable("\(name)#\(atom)")
        }
        values[atom] = value
        return value
    }

    private func power(_ base: Number, _ exponent: Number) throws(Obstacle) -> Number {
        guard !base.isNegative else { throw .undefined }
        guard base.isPositive else { throw .unknown }
        return try known(base.power(exponent))
    }

    /// Positive at even points, of either sign at odd ones, and never a simple number.
    private mutating func variable(_ name: String) -> Number {
        hasVariables = true
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 &+ UInt64(point) &* 0x9E37_79B9_7F4A_7C15
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 29)) &* 0xBF58_476D_1CE4_E5B9
        hash ^= hash >> 32
        let magnitude = 0.25 + 2.5 * Double(hash >> 12) * 0x1p-52
        return Number(exactly: point % 2 == 1 && hash & 1 == 1 ? -magnitude : magnitude)
    }

    /// nil for a function that is only a name.
    private func function(_ name: String, _ arguments: [Number]) throws(Obstacle) -> Number? {
        guard let first = arguments.first else { throw .unknown }
        switch name {
        case "sin": return try known(first.sine())
        case "cos": return try known(first.cosine())
        case "ln":
            guard !first.isNegative, !first.isZero else { throw .undefined }
            return try known(first.logarithm())
        case "arctan": return try known(first.arcTangent())
        case "arcsin":
            guard !(first - .one).isPositive, !(first + .one).isNegative else { throw .undefined }
            return try known(first.arcSine())
        case "abs": return try known(first.absolute)
        case "floor": return try known(first.floor())
        case "ceil": return -(try known((-first).floor()))
        case "factorial": return try known(first.factorial())
        case "pow" where arguments.count == 2: return try power(first, arguments[1])
        case "max", "min":
            var best = first
            for other in arguments.dropFirst() {
                let isGreater = other - best
                guard isGreater.excludesZero || isGreater.isZero else { throw .unknown }
                if isGreater.isPositive == (name == "max") { best = other }
            }
            return best
        default:
            // \sum and its kin, and named functions that are not evaluated here.
            guard !name.hasPrefix("\\"), !Vocabulary.functions.contains(name), name != "binom" else { throw .unknown }
            return nil
        }
    }
}
