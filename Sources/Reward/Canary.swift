/// A problem with a known verdict, by which a verifier is found out that judges wrongly.
package struct Canary: Sendable, Equatable {
    package enum Expectation: String, Sendable, Equatable { case correct, wrong }

    package let task: VerificationTask
    package let response: String
    package let expected: Expectation

    package init(task: VerificationTask, response: String, expected: Expectation) {
        self.task = task
        self.response = response
        self.expected = expected
    }

    private init(_ kind: String, _ payload: String, _ response: String, _ expected: Expectation) {
        self.init(
            task: VerificationTask(kind: kind, payload: Array(payload.utf8)), response: response, expected: expected)
    }

    /// Those of the verifiers built in: for each kind one to accept and one to refuse.
    ///
    /// - Parameter languages: those in which programs can be run.
    package static func standard(languages: [CodeLanguage]) -> [Canary] {
        let countdown = #"{"numbers":[3,5,8],"target":29}"#
        var canaries = [
            Canary("countdown", countdown, "8*3+5", .correct), Canary("countdown", countdown, "8*3+8", .wrong),
            Canary("exact", #"{"answer":"42"}"#, "42", .correct), Canary("exact", #"{"answer":"42"}"#, "24", .wrong),
            Canary("math", #"{"answer":"2\\sqrt{2}"}"#, #"So $x = \boxed{\sqrt{8}}$."#, .correct),
            Canary("math", #"{"answer":"2\\sqrt{2}"}"#, #"So $x = \boxed{\sqrt{6}}$."#, .wrong),
        ]
        if languages.contains(.python) {
            let asserts = #"{"asserts":["assert f(1) == 2"]}"#
            canaries += [
                Canary("code", #"{"tests":[{"input":"1","output":"2"}]}"#, "```python\nprint(2)\n```", .correct),
                Canary("code", asserts, "```python\ndef f(x): return x + 1\n```", .correct),
                Canary("code", asserts, "```python\ndef f(x): return x\n```", .wrong),
            ]
        }
        return canaries
    }

    /// Whether a verdict is what it must be; nil when the response was not judged.
    package func agrees(with verdict: Verdict) -> Bool? {
        switch verdict {
        case .correct: expected == .correct
        case .wrong: expected == .wrong
        case .unknown: nil
        }
    }
}
