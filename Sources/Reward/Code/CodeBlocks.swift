/// Finds the program in a response: Markdown's fenced code blocks.
enum CodeBlocks {
    private struct Fence {
        let character: Character
        let count: Int
        let tag: String
    }

    /// The contents of the last block that is marked with one of `tags`, or else of the last one without a mark; nil if there is
    /// neither. A block that does not end is none: the response was cut off.
    static func last(in response: String, tags: Set<String>) -> String? {
        var marked: String?
        var unmarked: String?
        var open: Fence?
        var lines: [Substring] = []
        for line in response.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let fence = fence(in: line)
            if let opening = open {
                guard let fence, fence.character == opening.character, fence.count >= opening.count, fence.tag.isEmpty
                else {
                    lines.append(line)
                    continue
                }
                let contents = lines.joined(separator: "\n") + "\n"
                if tags.contains(opening.tag) { marked = contents }
                if opening.tag.isEmpty { unmarked = contents }
                open = nil
            } else if let fence {
                open = fence
                lines = []
            }
        }
        return marked ?? unmarked
    }

    /// A line of at least three backticks or tildes, at most three spaces before them, and the language's name behind.
    private static func fence(in line: Substring) -> Fence? {
        let text = line.drop { $0 == " " }
        guard line.count - text.count <= 3, let character = text.first, character == "`" || character == "~" else {
            return nil
        }
        let marks = text.prefix { $0 == character }
        let rest = text[marks.endIndex...]
        guard marks.count >= 3, character != "`" || !rest.contains("`") else { return nil }
        let word = rest.split(whereSeparator: { $0.isWhitespace || $0 == "{" }).first ?? ""
        return Fence(character: character, count: marks.count, tag: word.lowercased())
    }
}
