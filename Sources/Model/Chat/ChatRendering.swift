/// A conversation written out in ChatML, in which control tokens and text are kept apart.
///
/// So a control token that somebody wrote into a message stays text: `encode` gives the token `<|im_end|>` only where the
/// template put it. For messages without control tokens the ids are those of the published template.
package struct ChatRendering: Sendable, Equatable {
    private enum Piece: Sendable, Equatable {
        case control(String)
        case text(String)
    }

    static let turnStart = "<|im_start|>"
    static let turnEnd = "<|im_end|>"

    private var pieces: [Piece] = []

    /// As the published template writes it.
    package var text: String {
        pieces.map { piece in
            switch piece {
            case .control(let text), .text(let text): text
            }
        }.joined()
    }

    /// The beginning of a turn, `<|im_start|>role`, and its text up to the end of the turn.
    mutating func beginTurn(_ role: ChatMessage.Role, _ text: String = "") {
        pieces.append(.control(Self.turnStart))
        append("\(role.rawValue)\n\(text)")
    }

    mutating func endTurn() {
        pieces.append(.control(Self.turnEnd))
        append("\n")
    }

    mutating func turn(_ role: ChatMessage.Role, _ text: String) {
        beginTurn(role, text)
        endTurn()
    }

    mutating func append(_ text: String) {
        if case .text(let last) = pieces.last {
            pieces[pieces.count - 1] = .text(last + text)
        } else {
            pieces.append(.text(text))
        }
    }

    /// The token ids. Throws when the tokenizer has no token for a turn's beginning or end.
    package func encode(_ tokenizer: Tokenizer) throws(ChatError) -> [Int32] {
        var tokens: [Int32] = []
        for piece in pieces {
            switch piece {
            case .control(let name): tokens.append(try ChatError.token(name, in: tokenizer))
            case .text(let text): tokens += tokenizer.encode(text, specialTokens: false)
            }
        }
        return tokens
    }
}

/// Why a conversation cannot be put to a policy. `description` says what to do.
package enum ChatError: Error, Equatable, CustomStringConvertible {
    case tokenMissing(String)
    case templateNeeded
    case noThinking(template: String)

    package var description: String {
        switch self {
        case .tokenMissing(let token):
            "the tokenizer has no token \(token); choose a chat template that the policy was trained with"
        case .templateNeeded: "the prompt is a conversation; choose the policy's chat template"
        case .noThinking(let template):
            "the chat template \(template) knows no thinking mode; a thinking budget or switch needs qwen3"
        }
    }

    static func token(_ name: String, in tokenizer: Tokenizer) throws(ChatError) -> Int32 {
        guard let token = tokenizer.addedTokens.first(where: { $0.content == name })?.id else {
            throw .tokenMissing(name)
        }
        return token
    }
}
