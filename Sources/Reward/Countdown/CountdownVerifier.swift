/// Judges Countdown answers by evaluating the expression exactly. Kind "countdown".
///
/// Payload: `{"numbers": [3, 5, 8], "target": 34, "require_all": false, "marker": "=>"}`; the last two are optional.
/// The answer (see `AnswerExtraction`) must be one expression and nothing else (see `ArithmeticParser`), built from the
/// given numbers, each at most as often as it is given. Correct scores 1, wrong 0. Numbers beyond exact evaluation give
/// `unknown(.unsupported)`.
package struct CountdownVerifier: Verifier {
    package static let kind = "countdown"
    package var kind: String { Self.kind }

    struct Task: Codable {
        var numbers: [Int]
        var target: Int
        var requireAll: Bool?
        var marker: String?

        enum CodingKeys: String, CodingKey {
            case numbers, target, marker
            case requireAll = "require_all"
        }
    }

    package init() {}

    /// The task of judging answers to `problem`.
    package static func task(for problem: CountdownProblem, marker: String? = nil) -> VerificationTask {
        let task = Task(
            numbers: problem.numbers, target: problem.target, requireAll: problem.requiresAll ? true : nil,
            marker: marker)
        return VerificationTask(kind: kind, payload: Payload.encode(task))
    }

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard let given = Payload.decode(Task.self, from: task.payload), given.marker != "", !given.numbers.isEmpty,
            given.numbers.allSatisfy({ $0 >= 0 })
        else { return .unknown(.malformedTask) }
        guard
            let problem = CountdownProblem(
                numbers: given.numbers, target: given.target, requiresAll: given.requireAll ?? false)
        else { return .unknown(.unsupported) }
        guard let answer = AnswerExtraction(marker: given.marker).answer(in: response),
            let expression = ArithmeticParser.parse(answer), problem.isSolved(by: expression)
        else { return .wrong(score: 0) }
        return .correct(score: 1)
    }
}
