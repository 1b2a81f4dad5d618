import Configuration
package import Model
package import Reward

/// The prompts of a task as the learner leases them: tokenised once, here, and never again.
package struct TaskPrompts: PromptSource {
    private let source: any TaskSource
    private let encoder: PromptEncoder

    /// Throws when the source has no prompts, which its first one shows.
    package init(_ source: any TaskSource, encoder: PromptEncoder) throws {
        self.source = source
        self.encoder = encoder
        _ = try encoder.encode(source.prompt(at: 0, split: .training))
    }

    package func sourceNumber(of index: UInt64) -> Int { source.sourceNumber(of: index) }

    package func prompt(_ index: UInt64) -> LeasedPrompt {
        do {
            let prompt = try source.prompt(at: index, split: .training)
            let encoded = try encoder.encode(prompt)
            return LeasedPrompt(
                tokens: encoded.tokens, text: encoded.text, verifierKind: prompt.verification.kind,
                payload: prompt.verification.payload)
        } catch {
            preconditionFailure("a source that made its first prompt made no prompt \(index): \(error)")
        }
    }
}

extension PromptEncoder {
    /// The tokens of a task's prompt, and its text as the policy reads it. A conversation needs a chat template.
    package func encode(_ prompt: TaskPrompt) throws -> (tokens: [Int32], text: String) {
        switch prompt.content {
        case .text(let text): encode(text)
        case .conversation(let turns): try encode(turns.map(ChatMessage.init))
        }
    }
}

extension ChatMessage {
    fileprivate init(_ turn: ConversationTurn) {
        let role: Role =
            switch turn.role {
            case .system: .system
            case .user: .user
            case .assistant: .assistant
            }
        self.init(role, turn.content)
    }
}

extension ModelConfiguration {
    /// Tokens of a prompt that leave room for a response of `maximumTokens`, whose last one is never read.
    package func longestPrompt(before maximumTokens: Int) -> Int { maximumPositions - maximumTokens + 1 }
}
