/// How a run puts its prompts to the policy.
package struct ChatSettings: Sendable, Equatable {
    /// Qwen3's switch in a user's message, which the policy obeys when its thinking is enabled.
    package enum SoftSwitch: String, Sendable, CaseIterable {
        case think = "/think"
        case noThink = "/no_think"
    }

    package var template: ChatTemplate
    /// The system message of conversations that have none; nil leaves it to the template.
    package var system: String?
    package var thinking: Bool
    /// Written behind the last user message.
    package var softSwitch: SoftSwitch?

    package init(
        template: ChatTemplate, system: String? = nil, thinking: Bool = true, softSwitch: SoftSwitch? = nil
    ) {
        self.template = template
        self.system = system
        self.thinking = thinking
        self.softSwitch = softSwitch
    }

    /// As a run's configuration names them: "none" is no template and no switch, an empty system message the template's.
    package init?(template: String, system: String, thinking: Bool, softSwitch: String) {
        guard let template = ChatTemplate(rawValue: template) else { return nil }
        self.init(
            template: template, system: system.isEmpty ? nil : system, thinking: thinking,
            softSwitch: SoftSwitch(rawValue: "/" + softSwitch))
    }
}

/// Makes token ids of prompts. Role: the one way from a task's prompt to the policy, in training, evaluation and tools alike.
package struct PromptEncoder: Sendable {
    /// What Qwen's documentation lets a policy say to itself when its time to think is over.
    package static let stopThinking =
        "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now.\n"
        + "\(Qwen3Chat.thoughtsEnd)\n\n"

    package let tokenizer: Tokenizer
    /// Nil: prompts are continued as they are.
    package let chat: ChatSettings?

    /// Throws when the tokenizer lacks the template's control tokens, or the template what the settings ask for.
    package init(_ tokenizer: Tokenizer, chat: ChatSettings?) throws(ChatError) {
        self.tokenizer = tokenizer
        self.chat = chat
        guard let chat else { return }
        for token in [ChatRendering.turnStart, ChatRendering.turnEnd] { _ = try ChatError.token(token, in: tokenizer) }
        if chat.softSwitch != nil, !chat.template.hasThinking { throw .noThinking(template: chat.template.rawValue) }
    }

    /// A text: the user's only message where there is a template. Without one it is encoded as it stands, control tokens
    /// included, behind what the tokenizer puts before prompts.
    package func encode(_ text: String) -> (tokens: [Int32], text: String) {
        guard chat != nil else { return (tokenizer.encode(prompt: text), text) }
        do throws(ChatError) {
            return try encode([ChatMessage(.user, text)])
        } catch {
            preconditionFailure("the template's tokens were looked up in init: \(error)")
        }
    }

    /// A conversation.
    package func encode(_ messages: [ChatMessage]) throws(ChatError) -> (tokens: [Int32], text: String) {
        guard let chat else { throw .templateNeeded }
        var messages = messages
        if let system = chat.system, messages.first?.role != .system {
            messages.insert(ChatMessage(.system, system), at: 0)
        }
        if let softSwitch = chat.softSwitch, let last = messages.lastIndex(where: { $0.role == .user }) {
            messages[last].content += " " + softSwitch.rawValue
        }
        let rendering = chat.template.render(messages, thinking: chat.thinking)
        return (try rendering.encode(tokenizer), rendering.text)
    }

    /// The tokens around thoughts, and those that end them when they are too long.
    package func thoughtTokens() throws(ChatError) -> (start: Int32, end: Int32, stop: [Int32]) {
        guard let chat, chat.template.hasThinking else {
            throw .noThinking(template: chat?.template.rawValue ?? "none")
        }
        let start = try ChatError.token(Qwen3Chat.thoughtsStart, in: tokenizer)
        let end = try ChatError.token(Qwen3Chat.thoughtsEnd, in: tokenizer)
        return (start, end, tokenizer.encode(Self.stopThinking, specialTokens: false))
    }
}
