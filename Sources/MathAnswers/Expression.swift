/// What an answer says, as a tree. Meaning is given to it by `Normalizer` and `AnswerComparison`.
///
/// Made by `Parser` within the bounds of `Limits`, so recursion on it is safe.
indirect enum Expression: Hashable, Sendable {
    case number(Fraction)
    /// A number written with a decimal point: exact in arithmetic, compared with tolerance when it is a whole answer.
    case decimal(Fraction)
    case symbol(String)
    case constant(Constant)
    case sum([Expression])
    case negative(Expression)
    case product([Expression])
    case quotient(Expression, Expression)
    case power(Expression, Expression)
    case root(Expression, degree: Expression)
    case function(String, [Expression])
    /// A sign that stands for both; every ± of an answer takes the same one, every ∓ the other.
    case plusMinus(Expression)
    case minusPlus(Expression)
    case percent(Expression)
    case degrees(Expression)
    case quantity(Expression, unit: String)
    /// a : b : c.
    case ratio([Expression])
    /// Words.
    case text(String)
    /// Elements without brackets: "2, 3", "2 or 3".
    case list([Expression])
    /// Elements in parentheses; of two, it may mean an open interval.
    case tuple([Expression])
    case set([Expression])
    case interval(Interval)
    case union([Expression])
    case matrix([[Expression]])
    /// first op₁ second op₂ third …
    case relation(Expression, [Link])

    enum Constant: Hashable, Sendable { case pi, e, imaginaryUnit, infinity }

    struct Interval: Hashable, Sendable {
        var lower: Expression
        var upper: Expression
        var includesLower: Bool
        var includesUpper: Bool
    }

    /// One relation sign and what follows it.
    struct Link: Hashable, Sendable {
        var sign: RelationSign
        var right: Expression
    }
}

enum RelationSign: Hashable, Sendable {
    case equal, unequal, less, lessOrEqual, greater, greaterOrEqual, approximately, member

    /// The sign with its sides exchanged; membership has none.
    var flipped: RelationSign {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .equal, .unequal, .approximately, .member: self
        }
    }

    var isInequality: Bool {
        switch self {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: true
        case .equal, .unequal, .approximately, .member: false
        }
    }
}

extension Expression {
    /// The expressions directly below this one.
    var children: [Expression] {
        switch self {
        case .number, .decimal, .symbol, .constant, .text: []
        case .negative(let inner), .plusMinus(let inner), .minusPlus(let inner), .percent(let inner),
            .degrees(let inner), .quantity(let inner, _):
            [inner]
        case .quotient(let left, let right), .power(let left, let right), .root(let left, degree: let right):
            [left, right]
        case .sum(let inner), .product(let inner), .function(_, let inner), .ratio(let inner), .list(let inner),
            .tuple(let inner), .set(let inner), .union(let inner):
            inner
        case .interval(let interval): [interval.lower, interval.upper]
        case .matrix(let rows): rows.flatMap { $0 }
        case .relation(let first, let links): [first] + links.map(\.right)
        }
    }

    /// Whether some leaf is farther than `limit` from the root. Recurses no deeper than `limit`.
    func isDeeper(than limit: Int) -> Bool {
        limit == 0 || children.contains { $0.isDeeper(than: limit - 1) }
    }

    /// Whether some part of the tree, itself included, satisfies `condition`.
    func contains(_ condition: (Expression) -> Bool) -> Bool {
        condition(self) || children.contains { $0.contains(condition) }
    }
}
