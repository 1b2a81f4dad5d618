/// What a verifier says of a response. A failure to judge is not a reward: it is `unknown`, never a 0.
package enum Verdict: Sendable, Equatable {
    /// The response solves the task; the score is finite, 1 unless the verifier grades.
    case correct(score: Double)
    /// The response does not solve the task; the score is finite, 0 unless the verifier grades.
    case wrong(score: Double)
    /// The response could not be judged. It is masked: no part of statistics, not trained.
    case unknown(UnknownReason)

    /// The reward to train on, or nil if unknown.
    package var score: Double? {
        switch self {
        case .correct(let score), .wrong(let score): score
        case .unknown: nil
        }
    }
}

/// Why a response could not be judged.
package enum UnknownReason: String, Sendable, Equatable, CaseIterable, Codable {
    /// The verifier did not finish by its deadline.
    case timeout
    /// What judged it died.
    case crash
    /// The task's payload is not what its kind requires.
    case malformedTask = "malformed_task"
    /// A task beyond the limits of its kind; or no verifier of the kind.
    case unsupported
    /// Too much work was queued, or the machine was too busy: to be asked again.
    case overload
}
