/// What `MathJudge` says of a response.
package enum MathVerdict: Sendable, Equatable {
    case correct
    case wrong
    /// The comparison ran out of work or time.
    case overBudget
    /// The gold answer is no mathematics, or has no value.
    case malformedGold
    /// The two can neither be proven equal nor told apart, or the gold answer is beyond the bounds of what is read.
    case unsupported
}

/// How answers are found and compared.
package struct MathSettings: Sendable, Equatable {
    /// Digits behind the point to which a decimal must agree with the other side.
    package var decimalPlaces = 6
    /// Whether boxes and LaTeX formulas are looked for.
    package var findsLatex = true
    /// Whether numbers in running text are looked for.
    package var findsPlain = true
    /// Whether a lone comma in a gold answer separates decimals: "1,22" is 1.22.
    package var decimalComma = false
    /// Whether 2 ≤ x < 5 answers a gold answer of [2, 5).
    package var relationsAnswerSets = true
    /// Whether x = 1 and y = 1 differ.
    package var namesMatter = true
    /// Work a comparison may take, in steps of about 50 ns.
    package var workSteps = 400_000
    /// Processor time a comparison may take.
    package var processorTime = Duration.milliseconds(500)

    package init() {}
}

/// Judges a response to a mathematical question against the gold answer: finds the answer, reads both, compares.
///
/// A pure function of its arguments but for the processor time. Correct is only what is proven equal, agrees at every point
/// probed, or agrees to the decimals asked for; wrong only what is different, unreadable or absent.
package struct MathJudge: Sendable {
    private let settings: MathSettings

    package init(settings: MathSettings = MathSettings()) { self.settings = settings }

    package func judge(response: String, gold: String) -> MathVerdict {
        judge(response: Array(response.utf8), gold: Array(gold.utf8))
    }

    package func judge(response: [UInt8], gold: [UInt8]) -> MathVerdict {
        guard let (goldAnswer, readGold) = answer(inGold: gold) else { return .malformedGold }
        let answer = AnswerFinder(response: response, targets: targets).find()
        let isSameText = answer.map { AnswerText($0).equals(AnswerText(goldAnswer)) } ?? false
        if isSameText { return .correct }
        do throws(MathFailure) {
            // Read first: a gold answer without meaning is the task's fault, whatever the response says.
            let goldExpression: Expression
            if let readGold {
                goldExpression = readGold
            } else {
                goldExpression = try AnswerReader.read(goldAnswer, readsThousands: true)
            }
            guard let answer else { return .wrong }
            switch try decision(on: answer, goldAnswer, goldExpression) {
            case .equal: return .correct
            case .unequal: return .wrong
            case .undecided: return .unsupported
            }
        } catch {
            switch error {
            case .overBudget: return .overBudget
            case .malformed, .syntax, .undefined: return .malformedGold
            case .tooLarge: return .unsupported
            }
        }
    }

    private func decision(
        on answer: FoundAnswer, _ gold: FoundAnswer, _ goldExpression: Expression
    ) throws(MathFailure) -> Decision {
        let budget = WorkBudget(steps: settings.workSteps, processorTime: settings.processorTime)
        let decision = try compare(goldExpression, answer, budget, readsThousands: true)
        let hasComma = (gold.parts + answer.parts).contains { $0.contains(UInt8(ascii: ",")) }
        guard decision == .unequal, hasComma else { return decision }
        // "1,234" may also be two elements.
        let elements = try AnswerReader.read(gold, readsThousands: false)
        return try compare(elements, answer, budget, readsThousands: false)
    }

    private var targets: AnswerFinder.Targets {
        var targets: AnswerFinder.Targets = []
        if settings.findsLatex { targets.insert(.latex) }
        if settings.findsPlain { targets.insert(.plain) }
        return targets
    }

    /// A gold answer is an answer as it stands, or a text that contains one; with what it says, if that was read.
    private func answer(inGold gold: [UInt8]) -> (FoundAnswer, Expression?)? {
        let whole = gold[...].trimmed
        guard !whole.isEmpty else { return nil }
        let hasMarkup = whole.contains(UInt8(ascii: "$")) || whole.contains(UInt8(ascii: "\\"))
        if !hasMarkup, whole.count <= 32 {
            return (FoundAnswer(parts: [whole], isPlainNumber: settings.decimalComma), nil)
        }
        if whole.count <= Limits.answerBytes, BoxFinder(bytes: gold).last() == nil {
            let answer = FoundAnswer(parts: [whole])
            if let expression = AnswerReader.readable(answer) { return (answer, expression) }
        }
        return (AnswerFinder(response: gold, targets: targets).find() ?? FoundAnswer(parts: [whole]), nil)
    }

    /// Where names do not matter, the prediction with the gold answer's in their alphabetic order.
    private func renamed(_ expression: Expression, like gold: Expression) -> Expression {
        guard !settings.namesMatter else { return expression }
        let (names, goldNames) = (expression.variables, gold.variables)
        guard names.count == goldNames.count else { return expression }
        return expression.renaming(Dictionary(uniqueKeysWithValues: zip(names, goldNames)))
    }

    private func compare(
        _ gold: Expression, _ answer: FoundAnswer, _ budget: WorkBudget, readsThousands: Bool
    ) throws(MathFailure) -> Decision {
        let expression: Expression
        do throws(MathFailure) {
            expression = try AnswerReader.read(answer, readsThousands: readsThousands)
        } catch {
            return .unequal
        }
        let comparison = AnswerComparison(
            budget: budget,
            settings: AnswerComparison.Settings(
                decimalPlaces: settings.decimalPlaces, relationsAnswerSets: settings.relationsAnswerSets))
        return try comparison.compare(gold, renamed(expression, like: gold))
    }
}
