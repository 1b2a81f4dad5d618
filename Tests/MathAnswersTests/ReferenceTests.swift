import MathAnswers
import Testing

/// Against the cases of Hugging Face Math-Verify 0.9.
@Suite struct ReferenceTests {
    @Test func agreesWithMathVerify() throws {
        let cases = try Cases.read("math-verify.jsonl", as: ReferenceCase.self)
        #expect(cases.count == 270)
        var agreeing = 0
        for item in cases {
            let verdict = MathJudge(settings: item.mathSettings).judge(response: item.prediction, gold: item.gold)
            #expect(verdict != .correct || item.expected, "accepted: \(item.gold) | \(item.prediction)")
            if verdict == (item.expected ? .correct : .wrong) { agreeing += 1 }
        }
        #expect(agreeing >= 267, "\(agreeing) of \(cases.count)")
    }
}
