/// One response to judge, with everything that may help.
package struct VerificationRequest: Sendable, Equatable {
    package var prompt: String
    package var response: String
    package var task: VerificationTask
    /// When the verdict becomes worthless.
    package var deadline: ContinuousClock.Instant

    package init(prompt: String, response: String, task: VerificationTask, deadline: ContinuousClock.Instant) {
        self.prompt = prompt
        self.response = response
        self.task = task
        self.deadline = deadline
    }
}

/// A verdict, and why it is what it is, for people who look into it.
package struct Judgement: Sendable, Equatable {
    package var verdict: Verdict
    /// May be empty.
    package var reason: String
    /// Whether this process judges such tasks at all. False only where the verdict is `unknown(.unsupported)`: another process
    /// may have the kind or the language.
    package var isOffered: Bool

    package init(_ verdict: Verdict, _ reason: String = "", isOffered: Bool = true) {
        self.verdict = verdict
        self.reason = reason
        self.isOffered = isOffered
    }
}

/// Judges responses by work outside of this process, for which it waits.
///
/// Total like a `Verifier`, but not at once: `judge` blocks its thread, at most until shortly after the request's deadline, and
/// then answers `unknown(.timeout)`. Called from several threads at the same time. Whatever runs for a verdict is a child
/// process, and none is left after `stop`.
package protocol BlockingVerifier: Sendable {
    var kind: String { get }
    func judge(_ request: VerificationRequest) -> Judgement
    /// Ends what is being judged, and judges nothing more. May be called from any thread, and again.
    func stop()
}
