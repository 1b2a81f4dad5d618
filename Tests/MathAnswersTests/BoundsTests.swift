import MathAnswers
import Testing

/// Verdicts that are neither correct nor wrong, and the settings.
@Suite struct BoundsTests {
    private func judge(_ response: String, _ gold: String, _ change: (inout MathSettings) -> Void = { _ in })
        -> MathVerdict
    {
        var settings = MathSettings()
        change(&settings)
        return MathJudge(settings: settings).judge(response: response, gold: gold)
    }

    @Test(arguments: ["", "  ", "\\frac{1}{0}", "\\frac{1", "\\sqrt{", "2 +", "0/0", "\\ln 0", "\\infty - \\infty"])
    func aGoldAnswerWithoutMeaningIsMalformed(_ gold: String) {
        #expect(judge("\\boxed{1}", gold) == .malformedGold)
    }

    @Test(arguments: ["\\frac{1", "2 +", "\\sqrt{", "1/0", "\u{200B}42", "٤٢", "4\u{0}2", "}{", "\\foo{", "((((("])
    func aPredictionWithoutMeaningIsWrong(_ prediction: String) {
        #expect(judge("\\boxed{\(prediction)}", "42") == .wrong)
    }

    @Test func workIsBounded() {
        let sum = (1...40).map { "\\sqrt{x_{\($0)}+\($0)}" }.joined(separator: "+")
        #expect(judge("\\boxed{(\(sum))^{12}}", "x") == .overBudget)
        #expect(judge("\\boxed{\\sqrt{x+1}\\sqrt{x+2}}", "\\sqrt{x^2+3x+2}") { $0.workSteps = 50 } == .overBudget)
    }

    @Test func timeIsBounded() {
        let sum = (1...40).map { "\\sqrt{x_{\($0)}+\($0)}" }.joined(separator: "+")
        let verdict = judge("\\boxed{(\(sum))^{12}}", "x") {
            $0.workSteps = .max
            $0.processorTime = .zero
        }
        #expect(verdict == .overBudget)
    }

    @Test func whatIsNeverEvaluatedIsUnsupported() {
        #expect(judge("\\boxed{\\frac{1}{3}}", "\\int_0^1 x^2 dx") == .unsupported)
        #expect(judge("\\boxed{\\int_0^1 x^2 dx}", "\\frac13") == .wrong)
    }

    @Test func placesAreASetting() {
        #expect(judge("\\boxed{0.333}", "\\frac13") == .wrong)
        #expect(judge("\\boxed{0.333}", "\\frac13") { $0.decimalPlaces = 3 } == .correct)
        #expect(judge("\\boxed{0.334}", "\\frac13") { $0.decimalPlaces = 3 } == .wrong)
        #expect(judge("\\boxed{\\sqrt{2}}", "1.41") { $0.decimalPlaces = 2 } == .correct)
    }

    @Test func targetsAreASetting() {
        #expect(judge("$42$ or 43", "42") == .wrong)
        #expect(judge("$42$ or 43", "42") { $0.findsPlain = false } == .correct)
        #expect(judge("1.22", "1,22") { $0.decimalComma = true } == .correct)
        #expect(judge("1.22", "1,22") == .wrong)
    }

    @Test func namesAreASetting() {
        #expect(judge("\\boxed{t^2+1}", "x^2+1") == .wrong)
        #expect(judge("\\boxed{t^2+1}", "x^2+1") { $0.namesMatter = false } == .correct)
        #expect(judge("\\boxed{t^2+s}", "x^2+1") { $0.namesMatter = false } == .wrong)
    }

    @Test func relationsForSetsAreASetting() {
        #expect(judge("\\boxed{x \\ge 2}", "[2, \\infty)") == .correct)
        #expect(judge("\\boxed{x \\ge 2}", "[2, \\infty)") { $0.relationsAnswerSets = false } == .wrong)
        #expect(judge("\\boxed{[2, \\infty)}", "x \\ge 2") { $0.relationsAnswerSets = false } == .correct)
    }
}
