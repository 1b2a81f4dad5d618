import MathAnswers

/// Judges mathematical answers by what they mean: 0.5, 1/2 and \frac12 are one answer. Kind "math".
///
/// Payload: `{"answer": "\\frac{1}{2}"}` and, all optional, `"decimal_places"` (6), `"decimal_comma"` (false),
/// `"latex"` (true), `"plain"` (true), `"relations_answer_sets"` (true), `"names_matter"` (true); docs/verifiers.md says
/// what they do, how the answer is found in the response and what counts as equal. A comparison beyond its budget of work
/// gives `unknown(.timeout)`, one that cannot be decided `unknown(.unsupported)`, a gold answer without meaning
/// `unknown(.malformedTask)`. A response without a readable answer is wrong.
package struct MathVerifier: Verifier {
    package static let kind = "math"
    package var kind: String { Self.kind }

    private struct Task: Decodable {
        let answer: String
        let decimalPlaces: Int?
        let decimalComma: Bool?
        let latex: Bool?
        let plain: Bool?
        let relationsAnswerSets: Bool?
        let namesMatter: Bool?

        enum CodingKeys: String, CodingKey {
            case answer, latex, plain
            case decimalPlaces = "decimal_places"
            case decimalComma = "decimal_comma"
            case relationsAnswerSets = "relations_answer_sets"
            case namesMatter = "names_matter"
        }

        /// nil if no answer can be found or compared so.
        var settings: MathSettings? {
            var settings = MathSettings()
            settings.decimalPlaces = decimalPlaces ?? settings.decimalPlaces
            settings.decimalComma = decimalComma ?? settings.decimalComma
            settings.findsLatex = latex ?? settings.findsLatex
            settings.findsPlain = plain ?? settings.findsPlain
            settings.relationsAnswerSets = relationsAnswerSets ?? settings.relationsAnswerSets
            settings.namesMatter = namesMatter ?? settings.namesMatter
            let isUsable = (0...30).contains(settings.decimalPlaces) && (settings.findsLatex || settings.findsPlain)
            return isUsable ? settings : nil
        }
    }

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard let expected = Payload.decode(Task.self, from: task.payload), let settings = expected.settings else {
            return .unknown(.malformedTask)
        }
        return Verdict(MathJudge(settings: settings).judge(response: response, gold: expected.answer))
    }

    /// The verdict with default settings on a response against a gold answer, both as UTF-8.
    package func verify(response: [UInt8], gold: [UInt8]) -> Verdict {
        Verdict(MathJudge().judge(response: response, gold: gold))
    }
}

extension Verdict {
    init(_ verdict: MathVerdict) {
        self =
            switch verdict {
            case .correct: .correct(score: 1)
            case .wrong: .wrong(score: 0)
            case .overBudget: .unknown(.timeout)
            case .malformedGold: .unknown(.malformedTask)
            case .unsupported: .unknown(.unsupported)
            }
    }
}
