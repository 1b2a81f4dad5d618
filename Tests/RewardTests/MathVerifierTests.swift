import Reward
import Testing

/// The verifier's payload and its verdicts; what is equal to what is tested in MathAnswersTests.
@Suite struct MathVerifierTests {
    private func verdict(_ payload: String, _ response: String) -> Verdict {
        VerifierRegistry.standard.verify(
            response: response, task: VerificationTask(kind: "math", payload: Array(payload.utf8)))
    }

    @Test func judgesByMeaning() {
        #expect(verdict(#"{"answer":"\\frac{1}{2}"}"#, #"So it is \boxed{0.5}."#) == .correct(score: 1))
        #expect(verdict(#"{"answer":"\\frac{1}{2}"}"#, #"So it is \boxed{0.4}."#) == .wrong(score: 0))
        #expect(verdict(#"{"answer":"1/2"}"#, "I do not know.") == .wrong(score: 0))
    }

    @Test func optionsReachTheJudge() {
        #expect(verdict(#"{"answer":"1/3","decimal_places":2}"#, "0.33") == .correct(score: 1))
        #expect(verdict(#"{"answer":"1/3"}"#, "0.33") == .wrong(score: 0))
        #expect(verdict(#"{"answer":"1,5","decimal_comma":true}"#, "1.5") == .correct(score: 1))
        #expect(verdict(#"{"answer":"x+1","names_matter":false}"#, "$t+1$") == .correct(score: 1))
        #expect(verdict(#"{"answer":"[2,3]","relations_answer_sets":false}"#, #"$2 \le x \le 3$"#) == .wrong(score: 0))
        #expect(verdict(#"{"answer":"42","plain":false}"#, "$42$ of 43") == .correct(score: 1))
        #expect(verdict(#"{"answer":"7","latex":false}"#, "\\frac{1}{2}, then 7") == .correct(score: 1))
    }

    @Test(arguments: [
        "{}", "7", #"{"answer":7}"#, #"{"answer":""}"#, #"{"answer":"\\frac{1}{0}"}"#, #"{"answer":"\\frac{1"}"#,
        #"{"answer":"1","decimal_places":-1}"#, #"{"answer":"1","decimal_places":31}"#,
        #"{"answer":"1","latex":false,"plain":false}"#, #"{"answer":"1","latex":"yes"}"#,
        #"{"answer":"1","decimal_place":2}"#,
    ])
    func aTaskWithoutAnAnswerIsUnknown(_ payload: String) {
        #expect(verdict(payload, "7") == .unknown(.malformedTask))
    }

    @Test func whatCannotBeDecidedIsUnknown() {
        #expect(verdict(#"{"answer":"\\int_0^1 x^2 dx"}"#, "1/3") == .unknown(.unsupported))
        let sum = (1...40).map { "\\sqrt{x_{\($0)}+\($0)}" }.joined(separator: "+")
        #expect(verdict(#"{"answer":"x"}"#, "\\boxed{(\(sum))^{12}}") == .unknown(.timeout))
    }
}
