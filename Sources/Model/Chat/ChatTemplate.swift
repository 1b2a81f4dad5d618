/// How a family of policies was taught to see conversations: ChatML, with the differences of its publisher. Tools are not
/// rendered.
package enum ChatTemplate: String, Sendable, CaseIterable {
    case qwen2
    case qwen25 = "qwen2.5"
    case qwen3
    case smollm2

    /// Whether the policy may think between `<think>` and `</think>` before it answers.
    package var hasThinking: Bool { self == .qwen3 }

    /// Writes the conversation out, the beginning of the assistant's turn behind it.
    ///
    /// - Parameters:
    ///   - generationPrompt: whether the assistant's turn is begun.
    ///   - thinking: false closes the thoughts at once (Qwen3's `enable_thinking=False`); ignored by the others.
    package func render(
        _ messages: [ChatMessage], generationPrompt: Bool = true, thinking: Bool = true
    ) -> ChatRendering {
        switch self {
        case .qwen2: ChatML.render(messages, defaultSystem: "You are a helpful assistant.", generationPrompt)
        case .qwen25:
            ChatML.render(
                messages, defaultSystem: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
                generationPrompt)
        case .smollm2:
            ChatML.render(
                messages, defaultSystem: "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
                generationPrompt)
        case .qwen3: Qwen3Chat.render(messages, generationPrompt: generationPrompt, thinking: thinking)
        }
    }
}

/// The common form (Qwen2, Qwen2.5 without tools, SmolLM2): every message a turn; a system message first, the publisher's
/// own when the conversation has none.
enum ChatML {
    static func render(_ messages: [ChatMessage], defaultSystem: String, _ generationPrompt: Bool) -> ChatRendering {
        var rendering = ChatRendering()
        if messages.first?.role != .system { rendering.turn(.system, defaultSystem) }
        for message in messages { rendering.turn(message.role, message.content) }
        if generationPrompt { rendering.beginTurn(.assistant) }
        return rendering
    }
}
