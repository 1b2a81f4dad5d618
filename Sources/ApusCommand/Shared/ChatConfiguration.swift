import Configuration
import Generation
import Model

extension ChatSettings {
    /// Nil where prompts are continued as they are.
    init?(_ chat: RunConfiguration.Chat) {
        self.init(
            template: chat.template.rawValue, system: chat.system, thinking: chat.thinking,
            softSwitch: chat.softSwitch.rawValue)
    }
}

extension ThinkingBudget {
    /// Nil for 0 tokens: no bound.
    init?(tokens: Int, _ encoder: PromptEncoder) throws(ChatError) {
        guard tokens > 0 else { return nil }
        let thoughts = try encoder.thoughtTokens()
        self.init(tokens: tokens, openToken: thoughts.start, closeToken: thoughts.end, stopTokens: thoughts.stop)
    }
}
