/// What a comparison came to.
enum Decision: Equatable {
    case equal
    case unequal
    /// Neither proven: the forms hold what is never evaluated, or their difference is too small to tell from 0.
    case undecided
}

/// Decides whether two forms are equal: exactly where their atoms are independent, else by their values at points.
struct FormComparison {
    let algebra: Algebra

    /// Points tried, and the least number at which both sides have values.
    private static let points = 12
    private static let sufficientPoints = 4
    /// A difference within this share of the terms it is made of counts as 0 where no exact answer is known.
    private static let resolution = 1e-11

    func compare(_ left: Form, _ right: Form) throws(MathFailure) -> Decision {
        if left == right { return .equal }
        let difference = try algebra.sum(
            try algebra.product(left.numerator, right.denominator),
            -(try algebra.product(right.numerator, left.denominator)))
        if difference.isZero { return .equal }
        if isIndependent(difference) { return .unequal }
        return try probe(left, right, difference)
    }

    /// Whether the atoms allow no other way to be 0 than to have no terms: variables, roots of primes, i, and one of π
    /// and e.
    private func isIndependent(_ polynomial: Polynomial) -> Bool {
        // One product of numbers above 0 is not 0.
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

    private func probe(_ left: Form, _ right: Form, _ difference: Polynomial) throws(MathFailure) -> Decision {
        var agreeing = 0
        for point in 0..<FormComparison.points {
            var probe = NumericProbe(algebra: algebra, point: point)
            let isLeftDefined = try isDefined(left, &probe)
            let isRightDefined = try isDefined(right, &probe)
            guard let isLeftDefined, let isRightDefined else { continue }
            if isLeftDefined != isRightDefined { return .unequal }
            guard isLeftDefined else { continue }
            let parts: [(value: RealInterval, scale: Double)]
            do throws(NumericProbe.Obstacle) {
                let (real, imaginary) = try probe.value(ofComplex: difference)
                parts = [real, imaginary]
            } catch {
                try error.rethrow()
                continue
            }
            if parts.contains(where: { $0.value.excludesZero }) { return .unequal }
            let isNarrow = parts.allSatisfy { part in
                part.scale.isFinite && part.value.width <= FormComparison.resolution * part.scale
            }
            guard isNarrow else { continue }
            agreeing += 1
            if !probe.hasVariables || agreeing == FormComparison.sufficientPoints { return .equal }
        }
        return .undecided
    }

    /// Whether the form has a value at the point; nil if that is not known.
    private func isDefined(_ form: Form, _ probe: inout NumericProbe) throws(MathFailure) -> Bool? {
        do throws(NumericProbe.Obstacle) {
            _ = try probe.value(of: form)
            return true
        } catch {
            try error.rethrow()
            return error == .undefined ? false : nil
        }
    }
}
