/// An answer seen as something said about a name, or not.
enum Statement {
    /// "name = value", "name ∈ set", or a chain of equations that ends in a value; the name is nil if the chain begins
    /// with something else.
    case assignment(name: Expression?, value: Expression)
    /// A claim about numbers alone: it says its value only if it is true.
    case identity(Expression, Expression)
    case equation
    case other(Expression)

    init(_ expression: Expression) {
        guard case .relation(let first, let all) = expression else {
            self = .other(expression)
            return
        }
        var links = all
        // "x = 1/3 ≈ 0.33": what follows ≈ is no part of the answer, unless nothing else is.
        if let rough = links.firstIndex(where: { $0.sign == .approximately }), rough > 0 || !first.isName {
            links.removeSubrange(rough...)
            guard !links.isEmpty else {
                self = .other(first)
                return
            }
        }
        guard let last = links.last, links.allSatisfy({ $0.sign == .equal || $0.sign == .approximately }) else {
            if links.count == 1, links[0].sign == .member {
                self = .assignment(name: first, value: links[0].right)
            } else {
                self = .other(expression)
            }
            return
        }
        if first.isName {
            self = .assignment(name: first, value: last.right)
        } else if links.count == 1, last.right.isName, first.isConstant {
            self = .assignment(name: last.right, value: first)
        } else if links.count == 1, first.isConstant, last.right.isConstant {
            self = .identity(first, last.right)
        } else if links.count > 1 || (first.isPlainInNames && !last.right.isZero) {
            self = .assignment(name: nil, value: last.right)
        } else {
            self = .equation
        }
    }
}

extension Expression {
    var isZero: Bool { self == .number(.zero) }

    /// Whether it only names something: x, f(x), |AB|, A : B, (p, q).
    var isName: Bool {
        switch self {
        case .symbol, .text: true
        case .constant(let constant): constant != .pi && constant != .infinity
        case .function(_, let inner): !inner.isEmpty
        case .product(let inner), .ratio(let inner), .tuple(let inner): inner.allSatisfy(\.isName)
        case .quotient(let top, let bottom): top.isName && bottom.isName
        default: false
        }
    }

    /// Whether there are words in it, or variables of several letters.
    var isWordy: Bool {
        contains {
            switch $0 {
            case .text: true
            case .symbol(let name): name.prefix { $0 != "_" }.count > 1
            default: false
            }
        }
    }

    /// Name and variable of f(x).
    var application: (function: String, variable: String)? {
        guard case .function(let function, let arguments) = self, arguments.count == 1,
            case .symbol(let variable) = arguments[0]
        else { return nil }
        return (function, variable)
    }

    /// Whether there is no variable in it.
    var isConstant: Bool {
        !contains {
            switch $0 {
            case .symbol, .text, .list, .tuple, .set, .interval, .relation: true
            default: false
            }
        }
    }

    /// Whether it is a sum or product of names and their powers without a number as a factor or term: a + b, x² + y².
    var isPlainInNames: Bool {
        switch self {
        case .sum(let inner), .product(let inner): inner.allSatisfy(\.isPlainInNames)
        case .negative(let inner): inner.isPlainInNames
        case .power(let base, .number): base.isPlainInNames
        default: isName
        }
    }
}
