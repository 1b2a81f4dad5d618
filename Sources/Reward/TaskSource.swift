/// Training prompts and held-out prompts.
package enum TaskSplit: UInt64, Sendable, Equatable, CaseIterable {
    case training = 0
    case evaluation = 1

    /// One problem in this many belongs to evaluation.
    package static let bucketCount: UInt64 = 8
}

/// What the policy is asked: a text, or the turns of a conversation for its chat template.
package enum PromptContent: Sendable, Equatable {
    case text(String)
    case conversation([ConversationTurn])
}

/// One message of a conversation.
package struct ConversationTurn: Sendable, Equatable {
    package enum Role: String, Sendable, CaseIterable { case system, user, assistant }

    package var role: Role
    package var content: String

    package init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}

/// A prompt and how to judge a response to it.
package struct TaskPrompt: Sendable, Equatable {
    package var content: PromptContent
    package var verification: VerificationTask

    package init(content: PromptContent, verification: VerificationTask) {
        self.content = content
        self.verification = verification
    }

    package init(text: String, verification: VerificationTask) {
        self.init(content: .text(text), verification: verification)
    }

    /// The text, or the messages one below the other.
    package var text: String {
        switch content {
        case .text(let text): text
        case .conversation(let turns): turns.map(\.content).joined(separator: "\n")
        }
    }
}

/// Where prompts come from. The prompt at (split, index) is always the same; no prompt is in both splits.
package protocol TaskSource: Sendable {
    /// The prompt number `index` of `split`.
    ///
    /// - Throws: `TaskError` if the source's settings allow no such prompt.
    func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt

    /// Which of several sources gives a training prompt, counted in the order in which they open.
    func sourceNumber(of index: UInt64) -> Int

    /// How many prompts of `split` there are before they come again; nil if they never end.
    func count(of split: TaskSplit) -> Int?
}

extension TaskSource {
    package func sourceNumber(of index: UInt64) -> Int { 0 }
    package func count(of split: TaskSplit) -> Int? { nil }
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
