/// Finds the last \boxed{…} or \fbox{…} of a response.
///
/// Boxes that belong to one statement are one answer of several parts: those less than ten bytes apart, or less than
/// seventy with a comma, semicolon, "and" or "or" but no end of a sentence between. A response that boxes many
/// candidates so gives a list, which equals no single answer.
struct BoxFinder {
    let bytes: [UInt8]

    private struct Box {
        var start: Int
        var content: ArraySlice<UInt8>
        /// Behind the closing brace.
        var end: Int
    }

    func last() -> (answer: FoundAnswer, end: Int)? {
        var boxes: [Box] = []
        var limit = bytes.count
        var index = bytes.count - 1
        var attempts = 0
        while index >= 0, attempts <= Limits.elements {
            defer { index -= 1 }
            guard bytes[index] == UInt8(ascii: "\\"), let content = content(at: index, limit: limit) else { continue }
            attempts += 1
            guard let box = box(at: index, content: content, limit: limit) else { continue }
            if let next = boxes.last, !belongTogether(box, next) { break }
            boxes.append(box)
            limit = box.start
            guard boxes.count <= Limits.elements else { break }
        }
        guard let last = boxes.first else { return nil }
        var parts: [ArraySlice<UInt8>] = []
        for box in boxes.reversed() where parts.last?.elementsEqual(box.content) != true { parts.append(box.content) }
        let answer = FoundAnswer(parts: parts, isPercent: AnswerFinder.isPercent(bytes, at: last.end))
        return (answer, last.end)
    }

    /// Where the brace of a box stands whose backslash is at `start`; nil if there is no box.
    private func content(at start: Int, limit: Int) -> Int? {
        var index = start + 1
        if bytes.hasText("boxed", at: index) {
            index += 5
        } else if bytes.hasText("fbox", at: index) {
            index += 4
        } else {
            return nil
        }
        while index < limit, bytes[index].isBlank { index += 1 }
        return index < limit && bytes[index] == UInt8(ascii: "{") ? index : nil
    }

    /// The box whose brace stands at `brace`. One that is never closed ends with the response.
    private func box(at start: Int, content brace: Int, limit: Int) -> Box? {
        var index = brace
        let content = index + 1
        let farthest = min(limit, content + 4 * Limits.answerBytes)
        var open = 0
        while index < farthest {
            let character = bytes[index]
            if character == UInt8(ascii: "\\") {
                index += 1
            } else if character == UInt8(ascii: "{") {
                open += 1
            } else if character == UInt8(ascii: "}") {
                open -= 1
                if open == 0 { return Box(start: start, content: bytes[content..<index].trimmed, end: index + 1) }
            }
            index += 1
        }
        guard limit == bytes.count else { return nil }
        return Box(start: start, content: bytes[content...].trimmed, end: bytes.count)
    }

    private func belongTogether(_ box: Box, _ next: Box) -> Bool {
        let between = bytes[box.end..<max(box.end, next.start)]
        if between.count < 10 { return true }
        guard between.count < 70, !box.content.elementsEqual(next.content), !endsSentence(between) else { return false }
        if between.contains(UInt8(ascii: ",")) || between.contains(UInt8(ascii: ";")) { return true }
        let words = between.split { !$0.isLetter }
        return words.contains { $0.elementsEqual("and".utf8) || $0.elementsEqual("or".utf8) }
    }

    private func endsSentence(_ between: ArraySlice<UInt8>) -> Bool {
        between.indices.dropLast().contains { ".!?".utf8.contains(between[$0]) && between[$0 + 1].isBlank }
    }
}
