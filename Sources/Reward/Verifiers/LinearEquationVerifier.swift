/// Accepts the solution of a·x + b = c·x + d by putting it in. Kind "linear-equation".
///
/// Payload: `{"a": 3, "b": 4, "c": 0, "d": 19}` and the keys of `AnswerRule`; whole numbers of at most 10⁶ in magnitude, a ≠ c.
/// The answer is a number or a fraction, "5", "-7/3", "2.5", with "x =" before it or not.
package struct LinearEquationVerifier: Verifier {
    package static let kind = "linear-equation"
    package var kind: String { Self.kind }

    private static let bound = -1_000_000...1_000_000

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let a = reader.integer("a"), let b = reader.integer("b"), let c = reader.integer("c"),
            let d = reader.integer("d"), reader.isExhausted
        else { return .unknown(.malformedTask) }
        guard [a, b, c, d].allSatisfy(Self.bound.contains) else { return .unknown(.unsupported) }
        // No solution, or every number: there is no one answer.
        guard a != c else { return .unknown(.malformedTask) }
        guard let answer = rule.answer(in: response), let given = Self.fraction(Self.withoutVariable(answer)) else {
            return .wrong(score: 0)
        }
        let (left, isLeftTooLarge) = given.numerator.multipliedReportingOverflow(by: Int128(a - c))
        let (right, isRightTooLarge) = given.denominator.multipliedReportingOverflow(by: Int128(d - b))
        return !isLeftTooLarge && !isRightTooLarge && left == right ? .correct(score: 1) : .wrong(score: 0)
    }

    private static func withoutVariable(_ answer: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard answer.first == UInt8(ascii: "x") else { return answer }
        let rest = AnswerExtraction.trimmed(answer.dropFirst())
        return rest.first == UInt8(ascii: "=") ? AnswerExtraction.trimmed(rest.dropFirst()) : answer
    }

    /// "p/q" or a decimal number, exactly; the denominator is above 0.
    private static func fraction(_ text: ArraySlice<UInt8>) -> (numerator: Int128, denominator: Int128)? {
        guard let slash = text.firstIndex(of: UInt8(ascii: "/")) else {
            guard case .number(let number) = DecimalNumber.read(text), number.isExact else { return nil }
            return (number.scaled, DecimalNumber.unit)
        }
        guard let numerator = WholeNumber.read(AnswerExtraction.trimmed(text[..<slash])),
            let denominator = WholeNumber.read(AnswerExtraction.trimmed(text[(slash + 1)...])), denominator > 0
        else { return nil }
        return (Int128(numerator), Int128(denominator))
    }
}
