/// Judges Countdown answers by evaluating the expression exactly. Kind "countdown".
///
/// Payload: `{"numbers": [3, 5, 8], "target": 34, "require_all": false}` and the keys of `AnswerRule`; the last is optional.
/// The answer must be one expression and nothing else (see `ArithmeticParser`), built from the
/// given numbers, each at most as often as it is given. Correct scores 1, wrong 0. Numbers beyond exact evaluation give
/// `unknown(.unsupported)`.
package struct CountdownVerifier: Verifier {
    package static let kind = "countdown"
    package var kind: String { Self.kind }

    package init() {}

    /// The task of judging answers to `problem`.
    package static func task(for problem: CountdownProblem, marker: String? = nil) -> VerificationTask {
        var members: [String: PayloadValue] = [
            "numbers": .array(problem.numbers.map { PayloadValue($0) }), "target": PayloadValue(problem.target),
        ]
        if problem.requiresAll { members["require_all"] = .boolean(true) }
        if let marker { members["marker"] = .string(marker) }
        return VerificationTask(kind: kind, members)
    }

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let numbers = reader.array("numbers")?.map(\.integer), let target = reader.integer("target")
        else { return .unknown(.malformedTask) }
        let requiresAll = reader.boolean("require_all")
        let given = numbers.compactMap { $0 }
        guard reader.isExhausted, given.count == numbers.count, !given.isEmpty, given.allSatisfy({ $0 >= 0 }) else {
            return .unknown(.malformedTask)
        }
        guard let problem = CountdownProblem(numbers: given, target: target, requiresAll: requiresAll) else {
            return .unknown(.unsupported)
        }
        guard let answer = rule.answer(in: response), let expression = ArithmeticParser.parse(answer),
            problem.isSolved(by: expression)
        else { return .wrong(score: 0) }
        return .correct(score: 1)
    }
}
