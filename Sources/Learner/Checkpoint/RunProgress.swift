import Model

/// How far the run has come, as a checkpoint keeps it.
package struct RunProgress: Sendable, Codable, Equatable {
    /// Completed steps.
    package var step: Int
    /// Version of the checkpoint's policy, and its SHA-256 in hexadecimal.
    package var version: UInt64
    package var sha256: String
    /// AdamW updates applied, and updates attempted (which the learning rate follows).
    package var optimizerSteps: Int
    package var updates: Int
    /// First group and prompt that a run without this one's journal may issue.
    package var nextGroup: UInt64
    package var nextPrompt: UInt64
    package var accounts: Accounts
    /// Which of the task's sources are open, for a run without a journal; nil before there was a curriculum.
    package var curriculum: Curriculum?

    /// The ledger's settled accounts, in groups.
    package struct Accounts: Sendable, Codable, Equatable {
        package var issued: UInt64
        package var trained: UInt64
        package var dropped: [String: UInt64]
    }
}
