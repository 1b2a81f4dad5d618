/// What a comparison came to.
enum Decision: Equatable {
    case equal
    case unequal
    /// Neither proven: the forms hold what is never evaluated, or their difference is too small to tell from 0.
    case undecided
}

/// Decides whether two forms are equal: exactly where their atoms are independent, else by their values at points.
///
/// Doubles prove most differences. What they do not tell apart is evaluated to sixty digits before it counts as equal.
struct FormComparison {
    let algebra: Algebra

    /// Points tried, and the least number at which both sides have values.
    private static let points = 12
    private static let sufficientPoints = 4

    func compare(_ left: Form, _ right: Form) throws(MathFailure) -> Decision {
        if left == right { return .equal }
        let difference = try algebra.sum(
            try algebra.product(left.numerator, right.denominator),
            -(try algebra.product(right.numerator, left.denominator)))
        if difference.isZero { return .equal }
        if isIndependent(difference) { return .unequal }
        var agreeing = 0
        for point in 0..<FormComparison.points {
            var probe = NumericProbe<RealInterval>(algebra: algebra, point: point)
            switch try agreement(left, right, difference, &probe) {
            case .unequal: return .unequal
            case .undecided: continue
            case .equal: break
            }
            var precise = NumericProbe<PreciseReal>(algebra: algebra, point: point, cost: 16)
            if try agreement(left, right, difference, &precise) == .unequal { return .unequal }
            agreeing += 1
            if !probe.hasVariables || agreeing == FormComparison.sufficientPoints { return .equal }
        }
        return .undecided
    }

    /// Whether the atoms allow no other way to be 0 than to have no terms: variables, roots of primes, i, and one of π
    /// and e; or there is one product of numbers above 0.
    private func isIndependent(_ polynomial: Polynomial) -> Bool {
        if let single = polynomial.single, single.monomial.factors.allSatisfy({ algebra.isPositive($0.atom) }) {
            return true
        }
        var transcendentals: Set<Int> = []
        for atom in polynomial.atoms {
            switch algebra.atoms[atom] {
            case .symbol, .imaginaryUnit, .integer(_, isPrime: true): continue
            case .pi, .e: transcendentals.insert(atom)
            case .integer, .root, .power, .function, .opaque: return false
            }
        }
        return transcendentals.count <= 1
    }

    /// Whether both sides have a value at the probe's point, and the same.
    private func agreement<Number>(
        _ left: Form, _ right: Form, _ difference: Polynomial, _ probe: inout NumericProbe<Number>
    ) throws(MathFailure) -> Decision {
        guard let isLeftDefined = try isDefined(left, &probe), let isRightDefined = try isDefined(right, &probe) else {
            return .undecided
        }
        guard isLeftDefined, isRightDefined else { return isLeftDefined == isRightDefined ? .undecided : .unequal }
        do throws(NumericProbe<Number>.Obstacle) {
            let (real, imaginary) = try probe.value(ofComplex: difference)
            let parts = [real, imaginary]
            if parts.contains(where: { $0.value.excludesZero }) { return .unequal }
            return parts.allSatisfy { $0.value.isNarrow(beside: $0.scale) || $0.value.isZero } ? .equal : .undecided
        } catch {
            try error.rethrow()
            return .undecided
        }
    }

    /// Whether the form has a value at the point; nil if that is not known.
    private func isDefined<Number>(
        _ form: Form, _ probe: inout NumericProbe<Number>
    ) throws(MathFailure) -> Bool? {
        do throws(NumericProbe<Number>.Obstacle) {
            _ = try probe.value(of: form)
            return true
        } catch {
            try error.rethrow()
            return error == .undefined ? false : nil
        }
    }
}
