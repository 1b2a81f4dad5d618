/// A product of atoms, each to a rational exponent that is not 0, sorted by atom.
struct Monomial: Hashable, Sendable {
    struct Factor: Hashable, Sendable {
        /// Index in the atom table of the `Algebra` that made it.
        var atom: Int
        var exponent: Fraction
    }

    var factors: [Factor]

    static let one = Monomial(factors: [])

    var isOne: Bool { factors.isEmpty }

    func inverted() -> Monomial { Monomial(factors: factors.map { Factor(atom: $0.atom, exponent: -$0.exponent) }) }

    /// Lexicographic by atom, larger exponents of earlier atoms first: an order that products keep.
    func isGreater(than other: Monomial) -> Bool {
        var (left, right) = (factors[...], other.factors[...])
        while true {
            switch (left.first, right.first) {
            case (nil, nil): return false
            case (let first?, let second?) where first.atom == second.atom:
                if first.exponent != second.exponent { return first.exponent > second.exponent }
                left = left.dropFirst()
                right = right.dropFirst()
            case (let first?, let second?) where first.atom < second.atom: return !first.exponent.isNegative
            case (let first?, nil): return !first.exponent.isNegative
            case (_, let second?): return second.exponent.isNegative
            }
        }
    }
}

/// A sum of monomials with rational coefficients, none of them 0.
struct Polynomial: Hashable, Sendable {
    var terms: [Monomial: Fraction]

    static let zero = Polynomial(terms: [:])
    static let one = Polynomial(terms: [.one: .one])

    init(terms: [Monomial: Fraction]) { self.terms = terms }

    init(_ value: Fraction) { terms = value.isZero ? [:] : [.one: value] }

    init(_ monomial: Monomial, _ coefficient: Fraction = .one) {
        terms = coefficient.isZero ? [:] : [monomial: coefficient]
    }

    var isZero: Bool { terms.isEmpty }

    /// The value if there is no atom in it.
    var rational: Fraction? {
        if terms.isEmpty { return .zero }
        return terms.count == 1 ? terms[.one] : nil
    }

    /// The only term, if there is exactly one.
    var single: (monomial: Monomial, coefficient: Fraction)? {
        guard terms.count == 1, let term = terms.first else { return nil }
        return (term.key, term.value)
    }

    /// The term with the greatest monomial; nil if zero.
    var leading: (monomial: Monomial, coefficient: Fraction)? {
        var best: (Monomial, Fraction)?
        for (monomial, coefficient) in terms {
            if let current = best, !monomial.isGreater(than: current.0) { continue }
            best = (monomial, coefficient)
        }
        return best
    }

    var atoms: Set<Int> { Set(terms.keys.flatMap { $0.factors.map(\.atom) }) }

    static prefix func - (value: Polynomial) -> Polynomial { Polynomial(terms: value.terms.mapValues { -$0 }) }
}

/// A quotient of polynomials. The denominator is 1 or has several terms, the leading coefficient 1 and no atom that
/// divides all of its terms.
struct Form: Hashable, Sendable {
    var numerator: Polynomial
    var denominator: Polynomial

    static let zero = Form(.zero)
    static let one = Form(.one)

    init(_ numerator: Polynomial, over denominator: Polynomial = .one) {
        self.numerator = numerator
        self.denominator = denominator
    }

    init(_ value: Fraction) { self.init(Polynomial(value)) }

    var isZero: Bool { numerator.isZero }
    var rational: Fraction? { denominator == .one ? numerator.rational : nil }
    /// The numerator if the denominator is 1.
    var polynomial: Polynomial? { denominator == .one ? numerator : nil }
    var atoms: Set<Int> { numerator.atoms.union(denominator.atoms) }

    static prefix func - (value: Form) -> Form { Form(-value.numerator, over: value.denominator) }
}

/// What polynomials are built from.
enum Atom: Hashable, Sendable {
    case symbol(String)
    case pi
    case e
    /// Only to the exponent 1.
    case imaginaryUnit
    /// The factor of a root, a prime unless `Limits.trialDivisor` cut the search short; exponent in (0, 1).
    case integer(Fraction, isPrime: Bool)
    /// A base that has no simpler form; exponent in (0, 1) unless it is a power left alone.
    case root(Form)
    /// A base to an irrational exponent.
    case power(base: Int, exponent: Monomial)
    case function(String, [Form])
    /// Something that is equal only to itself.
    case opaque(Expression)
}
