/// Accepts exactly one answer, byte for byte after trimming. Kind "exact".
///
/// Payload: `{"answer": "…"}` and the keys of `AnswerRule`. A blank answer is malformed: it would reward saying nothing.
package struct ExactVerifier: Verifier {
    package let kind = "exact"

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let expected = reader.string("answer"), reader.isExhausted
        else { return .unknown(.malformedTask) }
        let gold = AnswerExtraction.trimmed(Array(expected.utf8)[...])
        guard !gold.isEmpty else { return .unknown(.malformedTask) }
        return rule.answer(in: response) == gold ? .correct(score: 1) : .wrong(score: 0)
    }
}
