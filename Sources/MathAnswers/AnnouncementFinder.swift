/// Finds what follows "final answer is", "answer is", "answer:".
struct AnnouncementFinder {
    let bytes: [UInt8]
    let segments: [Segment]

    /// Farthest that an answer stands from the word.
    private static let reach = 60

    typealias Found = (answer: FoundAnswer, end: Int)

    /// What follows the last "final answer … is" that something follows.
    func final() -> Found? {
        for start in Self.occurrences(of: "final answer", in: bytes[...]).reversed() {
            var index = start + 12
            // "The final answer to your question is …"
            while index < min(bytes.count, start + 120), !isWord("is", at: index) { index += 1 }
            guard isWord("is", at: index) else { continue }
            if let found = firstSegment(after: index + 2, within: 8) { return found }
        }
        return nil
    }

    /// What follows the last "answer" that something follows.
    func any() -> Found? {
        for start in Self.occurrences(of: "answer", in: bytes[...]).reversed() {
            if let found = firstSegment(after: start + 6, within: AnnouncementFinder.reach) { return found }
        }
        return nil
    }

    /// The words behind the last "answer is" or "answer:", up to the end of the sentence.
    func words() -> FoundAnswer? {
        for start in Self.occurrences(of: "answer", in: bytes[...]).reversed() {
            var index = start + 6
            while index < bytes.count, bytes[index].isBlank || bytes[index] == UInt8(ascii: "*") { index += 1 }
            if isWord("is", at: index) { index += 2 }
            while index < bytes.count, bytes[index].isBlank || ":*".utf8.contains(bytes[index]) { index += 1 }
            guard index > start + 6 else { continue }
            var end = index
            while end < bytes.count, end - index < 128, bytes[end] != UInt8(ascii: "\n"), !isSentenceEnd(end) {
                end += 1
            }
            var words = bytes[index..<end].trimmed
            while let last = words.last, "*.,".utf8.contains(last) { words = words.dropLast() }
            if !words.isEmpty { return FoundAnswer(parts: [words], isWords: true) }
        }
        return nil
    }

    private func isSentenceEnd(_ index: Int) -> Bool {
        bytes[index] == UInt8(ascii: ".") && (index + 1 == bytes.count || bytes[index + 1].isBlank)
    }

    private func firstSegment(after index: Int, within reach: Int) -> Found? {
        var (first, end) = (0, segments.count)
        while first < end {
            let middle = (first + end) / 2
            if segments[middle].range.lowerBound < index { first = middle + 1 } else { end = middle }
        }
        guard first < segments.count, segments[first].range.lowerBound - index <= reach else { return nil }
        var last = first
        while segments[last].isFormula, last + 1 < segments.count, segments[last + 1].isFormula,
            FormulaFinder.isConjunction(
                bytes[segments[last].range.upperBound..<segments[last + 1].range.lowerBound])
        {
            last += 1
        }
        let answer = FoundAnswer(
            parts: segments[first...last].map { bytes[$0.content] },
            isPercent: AnswerFinder.isPercent(bytes, at: segments[last].range.upperBound),
            isPlainNumber: !segments[last].isFormula)
        return (answer, segments[last].range.upperBound)
    }

    private func isWord(_ word: StaticString, at index: Int) -> Bool {
        guard bytes.hasText(word, at: index) else { return false }
        let end = index + word.utf8CodeUnitCount
        return (index == 0 || !bytes[index - 1].isLetter) && (end == bytes.count || !bytes[end].isLetter)
    }

    /// Whether "final answer" stands in `bytes`.
    static func isFinalAnnounced(in bytes: ArraySlice<UInt8>) -> Bool {
        !occurrences(of: "final answer", in: bytes).isEmpty
    }

    /// Where `text`, in lower case, stands in any case.
    private static func occurrences(of text: StaticString, in bytes: ArraySlice<UInt8>) -> [Int] {
        let count = text.utf8CodeUnitCount
        guard bytes.count >= count else { return [] }
        var result: [Int] = []
        let first = text.utf8Start[0]
        for start in bytes.startIndex...bytes.endIndex - count where bytes[start] | 0x20 == first {
            var isEqual = true
            for offset in 1..<count where bytes[start + offset] | 0x20 != text.utf8Start[offset] {
                isEqual = false
                break
            }
            if isEqual { result.append(start) }
        }
        return result
    }
}
