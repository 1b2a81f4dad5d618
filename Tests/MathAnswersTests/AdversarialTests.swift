import MathAnswers
import Testing

/// Hostile answers are never correct, never crash the judge, and end within its processor time.
@Suite struct AdversarialTests {
    private static let golds = [
        "42", "\\frac{41}{29}", "\\sqrt{43}", "3x^2-5x+11", "[2, 31)", "-17.25", "(3, -8)", "2^{67}", "\\{4, 6, 23\\}",
        "\\text{blue}", "12\\pi", "y = 3x + 8", "\\begin{pmatrix} 91 & 2 \\\\ 3 & 4 \\end{pmatrix}", "D", "13\\%",
    ]
    private static let question =
        "What is the smallest positive number with this property? Let $n = 5$ and $f(x) = x^3$."

    @Test(arguments: 0..<12) func hostileAnswersAreNeverCorrect(_ seed: Int) {
        var hostile = HostileAnswers(seed: UInt64(seed))
        var settings = MathSettings()
        // Wide enough for a loaded machine; what counts is that every judgement ends by it.
        settings.processorTime = .seconds(10)
        let judge = MathJudge(settings: settings)
        for count in 0..<1_000 {
            let gold = Self.golds[count % Self.golds.count]
            let answer = hostile.next(question: Self.question)
            let verdict = judge.judge(response: answer, gold: gold)
            #expect(verdict != .correct && verdict != .malformedGold, "\(gold) | \(answer.prefix(300))")
        }
    }

    /// A megabyte of what makes a careless reader start over at every character.
    @Test(arguments: [
        "\\boxed{", "\\boxed{1}", "$", "$$", "\\(", "\\[", "(", "((1", " -", "1 + (", "answer ", "final answer is ",
        "<think>",
        "\\frac{1", "{", "}", "\\", "1", "1,", "1 000 ", "and ", "$1$, ", "answer is is is $", "\u{C3}\u{A9}",
        "\\boxed{\\boxed{",
    ])
    func longResponsesAreReadOnce(_ unit: String) {
        let response = String(repeating: unit, count: 1_000_000 / unit.utf8.count)
        #expect(MathJudge().judge(response: response, gold: "43") == .wrong)
        #expect(MathJudge().judge(response: response + "\n\\boxed{43} ", gold: "43") != .malformedGold)
    }
}
