/// Copies of a tree with parts replaced.
extension Expression {
    /// The expression with every ± as one of its signs.
    func choosing(isUpper: Bool) -> Expression {
        mapped { part in
            switch part {
            case .plusMinus(let inner): isUpper ? inner : .negative(inner)
            case .minusPlus(let inner): isUpper ? .negative(inner) : inner
            default: part
            }
        }
    }

    /// The expression with other names for its variables.
    func renaming(_ names: [String: String]) -> Expression {
        mapped { part in
            guard case .symbol(let name) = part, let other = names[name] else { return part }
            return .symbol(other)
        }
    }

    /// The variables in it, sorted.
    var variables: [String] {
        var names = Set<String>()
        _ = contains {
            if case .symbol(let name) = $0 { names.insert(name) }
            return false
        }
        return names.sorted()
    }

    /// The expression with every part, the innermost first, replaced by what `transform` makes of it.
    private func mapped(_ transform: (Expression) -> Expression) -> Expression {
        func map(_ inner: [Expression]) -> [Expression] { inner.map { $0.mapped(transform) } }
        func one(_ inner: Expression) -> Expression { inner.mapped(transform) }
        return transform(rebuilt(map, one))
    }

    private func rebuilt(
        _ map: ([Expression]) -> [Expression], _ one: (Expression) -> Expression
    ) -> Expression {
        switch self {
        case .number, .decimal, .symbol, .constant, .text: return self
        case .plusMinus(let inner): return .plusMinus(one(inner))
        case .minusPlus(let inner): return .minusPlus(one(inner))
        case .sum(let inner): return .sum(map(inner))
        case .negative(let inner): return .negative(one(inner))
        case .product(let inner): return .product(map(inner))
        case .quotient(let left, let right): return .quotient(one(left), one(right))
        case .power(let left, let right): return .power(one(left), one(right))
        case .root(let base, let degree): return .root(one(base), degree: one(degree))
        case .function(let name, let inner): return .function(name, map(inner))
        case .percent(let inner): return .percent(one(inner))
        case .degrees(let inner): return .degrees(one(inner))
        case .quantity(let inner, let unit): return .quantity(one(inner), unit: unit)
        case .ratio(let inner): return .ratio(map(inner))
        case .list(let inner): return .list(map(inner))
        case .tuple(let inner): return .tuple(map(inner))
        case .set(let inner): return .set(map(inner))
        case .union(let inner): return .union(map(inner))
        case .matrix(let rows): return .matrix(rows.map { map($0) })
        case .interval(let interval):
            var copy = interval
            copy.lower = one(interval.lower)
            copy.upper = one(interval.upper)
            return .interval(copy)
        case .relation(let first, let links):
            return .relation(one(first), links.map { Link(sign: $0.sign, right: one($0.right)) })
        }
    }
}
