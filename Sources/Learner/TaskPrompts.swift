import Configuration
package import Model
package import Reward

/// The prompts of a task as the learner leases them: tokenised once, here, and never again.
package struct TaskPrompts: PromptSource {
    private let source: any TaskSource
    private let encoder: PromptEncoder

    /// Throws when the source has no prompts, which its first one shows.
    package init(_ source: any TaskSource, encoder: PromptEncoder) throws(TaskError) {
        self.source = source
        self.encoder = encoder
        _ = try source.prompt(at: 0, split: .training)
    }

    package func prompt(_ index: UInt64) -> LeasedPrompt {
        do {
            let prompt = try source.prompt(at: index, split: .training)
            let encoded = encoder.encode(prompt.text)
            return LeasedPrompt(
                tokens: encoded.tokens, text: encoded.text, verifierKind: prompt.verification.kind,
                payload: prompt.verification.payload)
        } catch {
            preconditionFailure("a source that made its first prompt made no prompt \(index): \(error)")
        }
    }
}
