/// Lists, sets, tuples, intervals and matrices.
extension AnswerComparison {
    /// nil if neither side is a collection.
    func collections(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision? {
        let (left, right) = (try calculated(gold), try calculated(prediction))
        switch (left, right) {
        case (.matrix(let first), .matrix(let second)):
            guard first.count == second.count, first.first?.count == second.first?.count else { return .unequal }
            return try ordered(first.flatMap { $0 }, second.flatMap { $0 })
        case (.tuple(let first), .tuple(let second)): return try ordered(first, second)
        case (.tuple(let first), .list(let second)), (.list(let first), .tuple(let second)):
            if let decision = try listOrTuple(left, right) { return decision }
            return try ordered(first, second)
        case (.list(let first), .list(let second)) where namesDecide(first, second):
            return try ordered(first, second)
        case (.list, .list), (.list, .set), (.set, .list), (.set, .set):
            return try unordered(left.elements, right.elements)
        default: break
        }
        if left.isIntervals || right.isIntervals { return try intervals(left, right) }
        switch (left, right) {
        case (.list, _), (.set, _), (_, .list), (_, .set): return try unordered(left.elements, right.elements)
        case (.tuple, _), (_, .tuple), (.matrix, _), (_, .matrix): return .unequal
        default: return nil
        }
    }

    /// A tuple against a list of tuples: the list may name it more than once. nil against a list of anything else.
    private func listOrTuple(_ left: Expression, _ right: Expression) throws(MathFailure) -> Decision? {
        func isOfTuples(_ expression: Expression) -> Bool {
            guard case .list(let elements) = expression else { return false }
            return elements.allSatisfy { if case .tuple = $0 { true } else { false } }
        }
        guard isOfTuples(left) || isOfTuples(right) else { return nil }
        return try unordered(left.elements, right.elements)
    }

    /// Values of different names, given without the names: their order says which is which.
    private func namesDecide(_ gold: [Expression], _ prediction: [Expression]) -> Bool {
        func names(_ elements: [Expression]) -> Set<Expression> {
            Set(
                elements.compactMap { element in
                    guard case .assignment(let name?, _) = Statement(element) else { return nil }
                    return name
                })
        }
        let (left, right) = (names(gold), names(prediction))
        return (left.count > 1 && right.isEmpty) || (right.count > 1 && left.isEmpty)
    }

    /// Element by element.
    func ordered(_ gold: [Expression], _ prediction: [Expression]) throws(MathFailure) -> Decision {
        guard gold.count == prediction.count else { return .unequal }
        var result = Decision.equal
        for (left, right) in zip(gold, prediction) {
            switch try compare(left, right) {
            case .equal: continue
            case .unequal: return .unequal
            case .undecided: result = .undecided
            }
        }
        return result
    }

    /// As sets: every element of one has an equal in the other.
    func unordered(_ gold: [Expression], _ prediction: [Expression]) throws(MathFailure) -> Decision {
        let (gold, prediction) = (unwrapped(gold), unwrapped(prediction))
        var covered = Set<Int>()
        var result = Decision.equal
        for left in gold {
            var best = Decision.unequal
            for (index, right) in prediction.enumerated() {
                let decision = try compare(left, right)
                if decision == .equal {
                    covered.insert(index)
                    best = .equal
                } else if decision == .undecided, best == .unequal {
                    best = .undecided
                }
            }
            if best == .unequal { return .unequal }
            if best == .undecided { result = .undecided }
        }
        if covered.count == prediction.count { return result }
        return result == .undecided ? .undecided : .unequal
    }

    /// "n = 1, 2, 3" says of n what "n = 1, n = 2, n = 3" says: the name of the first goes for bare ones behind it.
    private func unwrapped(_ elements: [Expression]) -> [Expression] {
        guard let first = elements.first, elements.count > 1, case .assignment(.some, let value) = Statement(first)
        else { return elements }
        let isBare = elements.dropFirst().allSatisfy { if case .other = Statement($0) { true } else { false } }
        return isBare ? [value] + elements.dropFirst() : elements
    }

    // MARK: Intervals

    /// As unions of pieces, each with an equal in the other.
    func intervals(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision {
        guard let left = gold.pieces, let right = prediction.pieces else { return .unequal }
        guard left.count == right.count else { return .unequal }
        var open = Array(right.indices)
        var result = Decision.equal
        for piece in left {
            var best = Decision.unequal
            for (place, index) in open.enumerated() {
                best = try compare(piece, right[index])
                if best != .unequal {
                    open.remove(at: place)
                    break
                }
            }
            if best == .unequal { return .unequal }
            if best == .undecided { result = .undecided }
        }
        return result
    }

    private func compare(
        _ gold: Expression.Interval, _ prediction: Expression.Interval
    ) throws(MathFailure) -> Decision {
        guard gold.includesLower == prediction.includesLower, gold.includesUpper == prediction.includesUpper else {
            return .unequal
        }
        return try ordered([gold.lower, gold.upper], [prediction.lower, prediction.upper])
    }

    // MARK: Matrices

    /// Sums, products and multiples of matrices as one matrix; anything else as it is.
    func calculated(_ expression: Expression) throws(MathFailure) -> Expression {
        switch expression {
        case .sum(let terms):
            guard let matrices = try matrices(terms), let first = matrices.first else { return expression }
            guard matrices.allSatisfy({ $0.count == first.count && $0[0].count == first[0].count }) else {
                return expression
            }
            return .matrix(
                first.indices.map { row in
                    first[row].indices.map { column in .sum(matrices.map { $0[row][column] }) }
                })
        case .negative(let inner):
            guard case .matrix(let rows) = try calculated(inner) else { return expression }
            return .matrix(rows.map { $0.map { .negative($0) } })
        case .product(let factors): return try product(factors) ?? expression
        default: return expression
        }
    }

    private func matrices(_ terms: [Expression]) throws(MathFailure) -> [[[Expression]]]? {
        var result: [[[Expression]]] = []
        for term in terms {
            guard case .matrix(let rows) = try calculated(term) else { return nil }
            result.append(rows)
        }
        return result
    }

    private func product(_ factors: [Expression]) throws(MathFailure) -> Expression? {
        var scalars: [Expression] = []
        var result: [[Expression]]?
        for factor in factors {
            guard case .matrix(let rows) = try calculated(factor) else {
                scalars.append(factor)
                continue
            }
            guard let left = result else {
                result = rows
                continue
            }
            guard left[0].count == rows.count else { return nil }
            try algebra.budget.charge(left.count * rows.count * rows[0].count)
            result = left.map { row in
                rows[0].indices.map { column in .sum(rows.indices.map { .product([row[$0], rows[$0][column]]) }) }
            }
        }
        guard let result else { return nil }
        return .matrix(scalars.isEmpty ? result : result.map { $0.map { .product(scalars + [$0]) } })
    }
}

extension Expression {
    /// The elements of a list or set; itself alone otherwise.
    var elements: [Expression] {
        switch self {
        case .list(let elements), .set(let elements): elements
        default: [self]
        }
    }

    var isIntervals: Bool {
        switch self {
        case .interval, .union: true
        default: false
        }
    }

    /// The intervals of a union; points count as closed intervals, two elements in parentheses as an open one.
    var pieces: [Interval]? {
        switch self {
        case .interval(let interval): return [interval]
        case .tuple(let ends) where ends.count == 2:
            return [Interval(lower: ends[0], upper: ends[1], includesLower: false, includesUpper: false)]
        case .set(let points):
            return points.map { Interval(lower: $0, upper: $0, includesLower: true, includesUpper: true) }
        case .list(let parts), .union(let parts):
            var pieces: [Interval] = []
            for part in parts {
                guard let inner = part.pieces else { return nil }
                pieces += inner
            }
            return pieces
        default: return nil
        }
    }
}
