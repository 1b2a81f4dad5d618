/// Accepts the value of an arithmetic expression. Kind "arithmetic-chain".
///
/// Payload: `{"expression": "17-4*3"}` and the keys of `AnswerRule`. The verifier evaluates the expression itself, exactly
/// (grammar: `ArithmeticParser`). The answer is one number; an expression whose value is no whole number is beyond its limits.
package struct ArithmeticChainVerifier: Verifier {
    package static let kind = "arithmetic-chain"
    package var kind: String { Self.kind }

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let text = reader.string("expression"), reader.isExhausted,
            let expression = ArithmeticParser.parse(Array(text.utf8)[...])
        else { return .unknown(.malformedTask) }
        guard Rational.fits(expression.numbers), let value = expression.value else { return .unknown(.unsupported) }
        guard let right = value.wholeValue else { return .unknown(.unsupported) }
        guard let answer = rule.answer(in: response), case .number(let given) = DecimalNumber.read(answer) else {
            return .wrong(score: 0)
        }
        let (scaled, overflow) = right.multipliedReportingOverflow(by: DecimalNumber.unit)
        guard !overflow else { return .unknown(.unsupported) }
        return given.isExact && given.scaled == scaled ? .correct(score: 1) : .wrong(score: 0)
    }
}
