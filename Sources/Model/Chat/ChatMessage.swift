/// One turn of a conversation.
package struct ChatMessage: Sendable, Equatable {
    package enum Role: String, Sendable, CaseIterable { case system, user, assistant }

    package var role: Role
    package var content: String
    /// What an assistant thought before it answered, without tags; nil when not known apart from `content`. Qwen3 only.
    package var reasoning: String?

    package init(_ role: Role, _ content: String, reasoning: String? = nil) {
        self.role = role
        self.content = content
        self.reasoning = reasoning
    }
}
