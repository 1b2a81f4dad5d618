/// Numbers, formulas, quantities and words.
extension AnswerComparison {
    func scalars(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision {
        if let decision = try marked(gold, prediction) { return decision }
        if case .ratio(let left) = gold, case .ratio(let right) = prediction { return try ratios(left, right) }
        if let left = gold.word, let right = prediction.word {
            // Variables may stand in any order; words may not.
            if left == right { return .equal }
            let isCaseless = left.utf8.count >= 3 && right.utf8.count >= 3
            if isCaseless, left.lowercased() == right.lowercased() { return .equal }
        }
        guard let left = try form(ofGold: gold), let right = try form(ofPrediction: prediction) else { return .unequal }
        if gold.isDecimal || prediction.isDecimal { return try rounded(left, right) }
        let decision = try forms.compare(left, right)
        // What only the prediction leaves unevaluated is no answer.
        return decision == .undecided && prediction.isUnevaluated && !gold.isUnevaluated ? .unequal : decision
    }

    /// The decision on two numbers, most answers' case, without any algebra; nil if one is not only arithmetic.
    func exactValues(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision? {
        guard let left = try exactValue(of: gold), let right = try exactValue(of: prediction) else { return nil }
        if left == right { return .equal }
        return gold.isDecimal || prediction.isDecimal ? try rounded(left, right) : .unequal
    }

    /// The value of whole numbers and decimals under + − · /; nil for anything else, and where there is no value.
    private func exactValue(of expression: Expression) throws(MathFailure) -> Fraction? {
        switch expression {
        case .number(let value), .decimal(let value): return value
        case .negative(let inner): return try exactValue(of: inner).map { -$0 }
        case .quotient(let top, let bottom):
            guard let left = try exactValue(of: top), let right = try exactValue(of: bottom), !right.isZero else {
                return nil
            }
            return try calculated(left, right, /)
        case .sum(let terms): return try exactValue(of: terms, from: .zero, +)
        case .product(let factors): return try exactValue(of: factors, from: .one, *)
        default: return nil
        }
    }

    private typealias Operation = (Fraction, Fraction) throws(MathFailure) -> Fraction

    private func exactValue(
        of expressions: [Expression], from start: Fraction, _ operation: Operation
    ) throws(MathFailure) -> Fraction? {
        var total = start
        for expression in expressions {
            guard let value = try exactValue(of: expression), let next = try calculated(total, value, operation) else {
                return nil
            }
            total = next
        }
        return total
    }

    private func calculated(
        _ left: Fraction, _ right: Fraction, _ operation: Operation
    ) throws(MathFailure) -> Fraction? {
        try algebra.budget.charge(left.cost + right.cost)
        do throws(MathFailure) {
            return try operation(left, right)
        } catch {
            // Too large for this way; the other one says what that means.
            return nil
        }
    }

    private func form(ofGold expression: Expression) throws(MathFailure) -> Form? {
        do throws(MathFailure) {
            return try normalizer.value(of: expression)
        } catch {
            throw error == .undefined ? .malformed : error
        }
    }

    /// nil if the prediction has no value, or none of a size that is computed.
    private func form(ofPrediction expression: Expression) throws(MathFailure) -> Form? {
        do throws(MathFailure) {
            return try normalizer.value(of: expression)
        } catch {
            if error == .overBudget { throw error }
            return nil
        }
    }

    // MARK: Percent, degrees, units

    /// Percent and degrees may be left out or worked out; units may be left out, but not exchanged.
    private func marked(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision? {
        switch (gold, prediction) {
        case (.quantity(let left, let unit), .quantity(let right, let other)):
            return unit == other || !(isKnown(unit) && isKnown(other)) ? try compare(left, right) : .unequal
        case (.quantity(let left, _), _): return try compare(left, prediction)
        case (_, .quantity(let right, _)): return try compare(gold, right)
        case (.percent(let left), .percent(let right)), (.degrees(let left), .degrees(let right)):
            return try compare(left, right)
        case (.percent(let left), _), (.degrees(let left), _):
            let decision = try compare(left, prediction)
            return decision == .unequal ? try worked(gold, prediction) : decision
        case (_, .percent) where isShare(gold):
            // 0.5 % is no answer to 0.5.
            return try worked(gold, prediction)
        case (_, .percent(let right)), (_, .degrees(let right)):
            let decision = try compare(gold, right)
            return decision == .unequal ? try worked(gold, prediction) : decision
        default: return nil
        }
    }

    /// Whether it is a number between −1 and 1 that is not whole.
    private func isShare(_ expression: Expression) -> Bool {
        switch expression {
        case .decimal(let value), .number(let value): value.magnitude < .one && !value.isZero
        case .negative(let inner): isShare(inner)
        case .quotient(.number(let top), .number(let bottom)): top.magnitude < bottom.magnitude
        default: false
        }
    }

    private func isKnown(_ unit: String) -> Bool {
        Vocabulary.units[String(unit.prefix { $0.isLetter })] != nil
    }

    private func worked(_ gold: Expression, _ prediction: Expression) throws(MathFailure) -> Decision {
        guard let left = try form(ofGold: gold), let right = try form(ofPrediction: prediction) else { return .unequal }
        return gold.isDecimal || prediction.isDecimal ? try rounded(left, right) : try forms.compare(left, right)
    }

    // MARK: Decimals

    /// Equal after rounding to the places asked for; what rounds to 0 must be equal exactly.
    private func rounded(_ left: Fraction, _ right: Fraction) throws(MathFailure) -> Decision {
        if left == right { return .equal }
        let rounded = try left.rounded(places: settings.decimalPlaces)
        let other = try right.rounded(places: settings.decimalPlaces)
        return !rounded.isZero && rounded == other ? .equal : .unequal
    }

    /// The same of numbers of which one may be irrational, judged on its bounds.
    private func rounded(_ left: Form, _ right: Form) throws(MathFailure) -> Decision {
        if let first = left.rational, let second = right.rational { return try rounded(first, second) }
        guard left.rational != nil || right.rational != nil else { return try forms.compare(left, right) }
        let number = left.rational ?? right.rational ?? .zero
        let other = left.rational == nil ? left : right
        // Within half a unit of the last place, judged on the value's bounds.
        var probe = NumericProbe<RealInterval>(algebra: algebra, point: 0)
        let value: (real: RealInterval, imaginary: RealInterval)
        do throws(NumericProbe<RealInterval>.Obstacle) {
            value = try probe.value(of: other)
        } catch {
            try error.rethrow()
            return .undecided
        }
        guard !probe.hasVariables, value.imaginary.isZero else { return .unequal }
        let target = RealInterval(try number.rounded(places: settings.decimalPlaces))
        let half = RealInterval(try Fraction.half / Fraction(10).power(settings.decimalPlaces))
        guard target.excludesZero else { return .unequal }
        let distance = value.real - target
        if distance.lower >= -half.lower, distance.upper <= half.lower { return .equal }
        return distance.lower > half.upper || distance.upper < -half.upper ? .unequal : .undecided
    }

    // MARK: Ratios

    /// a : b equals its multiples; what may be a time of day equals only itself.
    private func ratios(_ gold: [Expression], _ prediction: [Expression]) throws(MathFailure) -> Decision {
        guard gold.count == prediction.count else { return .unequal }
        let same = try ordered(gold, prediction)
        if same == .equal || gold.contains(where: \.isZero) || prediction.contains(where: \.isZero) { return same }
        for index in gold.indices.dropFirst() {
            let decision = try scalars(
                .quotient(gold[index], gold[0]), .quotient(prediction[index], prediction[0]))
            if decision != .equal { return decision }
        }
        return .equal
    }
}

extension Expression {
    /// Whether it holds a sum, integral, limit or collection, of which no value is computed.
    var isUnevaluated: Bool {
        contains {
            switch $0 {
            case .function(let name, _): ["sum", "prod", "int", "lim", "det", "cap", "setminus"].contains(name)
            case .list, .tuple, .set, .interval, .union, .matrix, .relation: true
            default: false
            }
        }
    }

    /// Whether the whole answer is a number written with a point.
    var isDecimal: Bool {
        switch self {
        case .decimal: true
        case .negative(let inner), .percent(let inner), .degrees(let inner), .quantity(let inner, _): inner.isDecimal
        default: false
        }
    }

    /// The letters of a word, or of variables that stand side by side.
    var word: String? {
        switch self {
        case .text(let words): return words
        case .symbol(let name): return name
        case .constant(.e): return "e"
        case .constant(.imaginaryUnit): return "i"
        case .product(let factors):
            var word = ""
            for factor in factors {
                guard let letter = factor.word else { return nil }
                word += letter
            }
            return word
        default: return nil
        }
    }
}
