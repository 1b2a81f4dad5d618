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

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let gold = reader.string("answer"),
            let settings = Self.settings(&reader), reader.isExhausted
        else { return .unknown(.malformedTask) }
        return Verdict(MathJudge(settings: settings).judge(response: response, gold: gold))
    }

    /// nil if no answer can be found or compared so.
    private static func settings(_ reader: inout PayloadReader) -> MathSettings? {
        var settings = MathSettings()
        settings.decimalPlaces = reader.integer("decimal_places") ?? settings.decimalPlaces
        settings.decimalComma = reader.boolean("decimal_comma", default: settings.decimalComma)
        settings.findsLatex = reader.boolean("latex", default: settings.findsLatex)
        settings.findsPlain = reader.boolean("plain", default: settings.findsPlain)
        settings.relationsAnswerSets = reader.boolean("relations_answer_sets", default: settings.relationsAnswerSets)
        settings.namesMatter = reader.boolean("names_matter", default: settings.namesMatter)
        let isUsable = (0...30).contains(settings.decimalPlaces) && (settings.findsLatex || settings.findsPlain)
        return isUsable ? settings : nil
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
