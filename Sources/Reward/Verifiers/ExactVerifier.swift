/// Accepts exactly one answer, byte for byte after trimming. Kind "exact".
///
/// Payload: `{"answer": "…", "marker": "…"}`; `marker` is optional, see `AnswerExtraction`. An empty answer or marker
/// is malformed: it would reward saying nothing.
package struct ExactVerifier: Verifier {
    package let kind = "exact"

    private struct Task: Decodable {
        let answer: String
        let marker: String?
    }

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard let expected = Payload.decode(Task.self, from: task.payload), expected.marker != "",
            let gold = AnswerExtraction(marker: nil).answer(in: expected.answer), !gold.isEmpty
        else { return .unknown(.malformedTask) }
        guard let answer = AnswerExtraction(marker: expected.marker).answer(in: response) else {
            return .wrong(score: 0)
        }
        return answer == gold ? .correct(score: 1) : .wrong(score: 0)
    }
}
