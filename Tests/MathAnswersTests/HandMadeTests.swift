import MathAnswers
import Testing

@Suite struct HandMadeTests {
    private let cases: [HandMadeCase]

    init() throws { cases = try Cases.read("cases.jsonl", as: HandMadeCase.self) }

    @Test func everyVerdictIsAsExpected() {
        #expect(cases.count > 280)
        for item in cases {
            let verdict = MathJudge().judge(response: item.prediction, gold: item.gold)
            #expect(verdict == item.expected, "\(item)")
        }
    }

    @Test func everyGoldAnswerEqualsItself() {
        for item in cases {
            #expect(MathJudge().judge(response: "So \\boxed{\(item.gold)}.", gold: item.gold) == .correct, "\(item)")
        }
    }

    /// Where both sides are answers of the same kind, either may be the gold one.
    @Test func equivalenceIsSymmetric() {
        let oneSided: Set = ["equations", "where the answer stands", "words and choices", "no reward for hacking"]
        for item in cases where !oneSided.contains(item.category) {
            guard item.prediction.hasPrefix("\\boxed{"), item.prediction.hasSuffix("}") else { continue }
            let inner = String(item.prediction.dropFirst(7).dropLast())
            let verdict = MathJudge().judge(response: "\\boxed{\(item.gold)}", gold: inner)
            #expect(verdict == item.expected, "\(item)")
        }
    }
}
