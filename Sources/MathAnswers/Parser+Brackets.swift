/// Parentheses, intervals, sets, absolute values, matrices.
extension Parser {
    /// What stands behind the bracket `opening`, which has been taken.
    mutating func bracketed(_ opening: UInt8) throws(MathFailure) -> Expression {
        switch opening {
        case UInt8(ascii: "("), UInt8(ascii: "["):
            return try tupleOrInterval(includesLower: opening == UInt8(ascii: "["))
        case UInt8(ascii: "{"):
            let elements = try upTo { $0.take("}") }
            guard let first = elements.first else { throw .syntax }
            return elements.count == 1 ? first : .list(elements)
        case UInt8(ascii: "|"):
            return try absolute { $0.take("|") }
        default:
            throw .syntax
        }
    }

    private mutating func tupleOrInterval(includesLower: Bool) throws(MathFailure) -> Expression {
        var includesUpper = false
        let elements = try upTo { parser in
            if parser.take("]") {
                includesUpper = true
                return true
            }
            return parser.take(")")
        }
        if elements.count == 2, includesLower || includesUpper {
            return .interval(
                Expression.Interval(
                    lower: elements[0], upper: elements[1], includesLower: includesLower, includesUpper: includesUpper))
        }
        guard includesLower == includesUpper, let first = elements.first else { throw .syntax }
        return elements.count == 1 ? first : .tuple(elements)
    }

    /// The elements up to what `closes`, separated by commas or semicolons; none at all is allowed.
    mutating func upTo(_ closes: (inout Parser) -> Bool) throws(MathFailure) -> [Expression] {
        let outer = awaitsBar
        awaitsBar = false
        if closes(&self) {
            awaitsBar = outer
            return []
        }
        var elements = try nested { parser throws(MathFailure) in try parser.elements() }
        while take(";") {
            elements += try nested { parser throws(MathFailure) in try parser.elements() }
            guard elements.count <= Limits.elements else { throw .tooLarge }
        }
        guard closes(&self) else { throw .syntax }
        awaitsBar = outer
        return elements
    }

    mutating func absolute(_ closes: (inout Parser) -> Bool) throws(MathFailure) -> Expression {
        let outer = awaitsBar
        awaitsBar = true
        let inner = try nested { parser throws(MathFailure) in try parser.sum() }
        guard closes(&self) else { throw .syntax }
        awaitsBar = outer
        return .function("abs", [inner])
    }

    /// Rows up to \end, all of one length.
    mutating func matrix(_ environment: String) throws(MathFailure) -> Expression {
        guard Vocabulary.matrices.contains(environment) else { throw .syntax }
        var rows: [[Expression]] = []
        var row: [Expression] = []
        while true {
            if case .end(environment)? = kind {
                position += 1
                break
            }
            row.append(try nested { parser throws(MathFailure) in try parser.relation() })
            if take("&") { continue }
            rows.append(row)
            row = []
            guard rows.count <= Limits.elements else { throw .tooLarge }
            if kind == .rowEnd {
                position += 1
            } else {
                guard case .end(environment)? = kind else { throw .syntax }
            }
        }
        guard let width = rows.first?.count, row.isEmpty, rows.allSatisfy({ $0.count == width }) else { throw .syntax }
        let matrix = Expression.matrix(rows)
        return environment == "vmatrix" ? .function("det", [matrix]) : matrix
    }
}
