/// Accepts what a regular expression matches. Kind "regex".
///
/// Payload: `{"pattern": "[0-9]+ apples?", "match": "search", "ignore_case": true}` and the keys of `AnswerRule`; `match` is
/// "full" (the default: the whole answer) or "search" (any part of it). Syntax: `PatternParser`. A pattern beyond its limits
/// gives `unknown(.unsupported)`; an answer too long to be matched within `PatternMatcher.maximumSteps` is wrong.
package struct RegexVerifier: Verifier {
    package let kind = "regex"

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let pattern = reader.string("pattern"),
            let extent = PatternMatcher.Extent(rawValue: reader.string("match") ?? "full")
        else { return .unknown(.malformedTask) }
        let ignoresCase = reader.boolean("ignore_case")
        guard reader.isExhausted else { return .unknown(.malformedTask) }
        do throws(PatternFailure) {
            let program = try PatternProgram(pattern, ignoresCase: ignoresCase)
            guard let answer = rule.answer(in: response) else { return .wrong(score: 0) }
            let isMatch = PatternMatcher.matches(program, String(decoding: answer, as: UTF8.self), extent)
            return isMatch == true ? .correct(score: 1) : .wrong(score: 0)
        } catch {
            switch error {
            case .malformed: return .unknown(.malformedTask)
            case .unsupported: return .unknown(.unsupported)
            }
        }
    }
}
