/// Training prompts and held-out prompts.
package enum TaskSplit: UInt64, Sendable, Equatable, CaseIterable {
    case training = 0
    case evaluation = 1

    /// One problem in this many belongs to evaluation.
    package static let bucketCount: UInt64 = 8
}

/// A prompt and how to judge a response to it.
package struct TaskPrompt: Sendable, Equatable {
    package var text: String
    package var verification: VerificationTask

    package init(text: String, verification: VerificationTask) {
        self.text = text
        self.verification = verification
    }
}

/// Where prompts come from. The prompt at (split, index) is always the same; no prompt is in both splits.
package protocol TaskSource: Sendable {
    /// The prompt number `index` of `split`.
    ///
    /// - Throws: `TaskError` if the source's settings allow no such prompt.
    func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt
}

/// Why a task source has no prompt to give.
package enum TaskError: Error, Equatable, CustomStringConvertible {
    /// A setting is outside of what the task supports.
    case unsupportedSetting(name: String, value: String, allowed: String)
    /// The settings left no problem after many attempts.
    case noProblem(settings: String, attempts: Int)

    package var description: String {
        switch self {
        case .unsupportedSetting(let name, let value, let allowed): "\(name) is \(value); it must be \(allowed)"
        case .noProblem(let settings, let attempts):
            "no solvable problem in \(attempts) attempts with \(settings); widen the range of targets or of numbers"
        }
    }
}
