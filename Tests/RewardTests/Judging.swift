import Reward

/// The standard verifiers' verdict.
func judge(_ kind: String, _ payload: String, _ response: String) -> Verdict {
    VerifierRegistry.standard.verify(
        response: response, task: VerificationTask(kind: kind, payload: Array(payload.utf8)))
}

extension Verdict {
    static let right = Verdict.correct(score: 1)
    static let wrong = Verdict.wrong(score: 0)
}
