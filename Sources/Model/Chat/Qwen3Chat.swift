/// Qwen3's form: no system message of its own; thoughts in `<think>` tags, which are kept in answers to the last question
/// and left out of earlier ones.
enum Qwen3Chat {
    static let thoughtsStart = "<think>"
    static let thoughtsEnd = "</think>"

    static func render(_ messages: [ChatMessage], generationPrompt: Bool, thinking: Bool) -> ChatRendering {
        var rendering = ChatRendering()
        let lastQuestion = messages.lastIndex(where: isQuestion) ?? messages.count - 1
        for (index, message) in messages.enumerated() {
            guard message.role == .assistant else {
                rendering.turn(message.role, message.content)
                continue
            }
            let (reasoning, answer) = parts(of: message)
            let isLast = index == messages.count - 1
            if index > lastQuestion && (isLast || !reasoning.isEmpty) {
                let thoughts = trimmed(reasoning, front: true, back: true)
                let text = "\(thoughtsStart)\n\(thoughts)\n\(thoughtsEnd)\n\n" + trimmed(answer, front: true)
                rendering.turn(.assistant, text)
            } else {
                rendering.turn(.assistant, answer)
            }
        }
        if generationPrompt {
            rendering.beginTurn(.assistant)
            if !thinking { rendering.append("\(thoughtsStart)\n\n\(thoughtsEnd)\n\n") }
        }
        return rendering
    }

    /// A user's message that is no tool's answer.
    private static func isQuestion(_ message: ChatMessage) -> Bool {
        let isToolAnswer =
            message.content.hasPrefix("<tool_response>") && message.content.hasSuffix("</tool_response>")
        return message.role == .user && !isToolAnswer
    }

    /// Thoughts and answer; taken apart at the tags when the message holds both in one.
    private static func parts(of message: ChatMessage) -> (reasoning: String, answer: String) {
        if let reasoning = message.reasoning { return (reasoning, message.content) }
        let pieces = message.content.components(separatedBy: thoughtsEnd)
        guard pieces.count > 1, let first = pieces.first, let last = pieces.last else { return ("", message.content) }
        let thoughts = trimmed(first, back: true).components(separatedBy: thoughtsStart).last ?? ""
        return (trimmed(thoughts, front: true), trimmed(last, front: true))
    }

    private static func trimmed(_ text: String, front: Bool = false, back: Bool = false) -> String {
        var scalars = Substring(text).unicodeScalars
        while front, scalars.first == "\n" { scalars.removeFirst() }
        while back, scalars.last == "\n" { scalars.removeLast() }
        return String(scalars)
    }
}

extension String {
    /// The parts between the occurrences of `separator`, found byte by byte.
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = utf8[...]
        while let range = rest.firstRange(of: separator.utf8) {
            parts.append(String(Substring(rest[..<range.lowerBound])))
            rest = rest[range.upperBound...]
        }
        return parts + [String(Substring(rest))]
    }
}
