/// Where an answer stands in a response.
struct FoundAnswer: Equatable {
    /// The bytes of the answer; several if boxes or formulas are joined by commas or "and".
    var parts: [ArraySlice<UInt8>]
    /// Whether "%" or "percent" follows it.
    var isPercent = false
    /// Whether it is a number of running text, where a single comma separates decimals.
    var isPlainNumber = false
    /// Whether it is the words behind "answer is".
    var isWords = false
}

/// Finds the answer that a response commits to, by a fixed order of places; within one place the last counts.
///
/// 1. the last box, or what follows "final answer is" if that stands later;
/// 2. what follows "answer";
/// 3. the last formula or number.
///
/// Thoughts up to </think> are no part of the response, and a response still thinking has no answer. Linear in the
/// length of the response.
struct AnswerFinder {
    /// Forms of answers that are looked for.
    struct Targets: OptionSet, Sendable {
        let rawValue: Int
        /// Boxes and formulas between LaTeX delimiters.
        static let latex = Targets(rawValue: 1)
        /// Numbers and arithmetic in running text.
        static let plain = Targets(rawValue: 2)
    }

    private let bytes: [UInt8]
    private let targets: Targets

    init(response: [UInt8], targets: Targets) {
        bytes = AnswerFinder.withoutThoughts(response)
        self.targets = targets
    }

    private static func withoutThoughts(_ response: [UInt8]) -> [UInt8] {
        guard response.contains(UInt8(ascii: "<")) else { return response }
        for index in response.indices.reversed() where response[index] == UInt8(ascii: "<") {
            if response.hasText("</think>", at: index) { return Array(response[(index + 8)...]) }
            if response.hasText("<think>", at: index) { return [] }
        }
        return response
    }

    func find() -> FoundAnswer? {
        let boxed = targets.contains(.latex) ? BoxFinder(bytes: bytes).last() : nil
        if let boxed, !AnnouncementFinder.isFinalAnnounced(in: bytes[boxed.end...]) { return boxed.answer }
        let segments = FormulaFinder(bytes: bytes, targets: targets).segments()
        let announced = AnnouncementFinder(bytes: bytes, segments: segments)
        if let boxed {
            if let final = announced.final(), final.end > boxed.end { return final.answer }
            return boxed.answer
        }
        if boxed == nil, let bare = bare(segments) { return bare }
        if let found = announced.final() ?? announced.any() { return found.answer }
        return segments.last.map { FormulaFinder.joined(segments, endingAt: segments.count - 1, of: bytes, last: $0) }
            ?? announced.words()
    }

    /// A response that is nothing but an answer without delimiters: "x=5", "(1,2)", "2^10".
    private func bare(_ segments: [Segment]) -> FoundAnswer? {
        let whole = bytes[...].trimmed
        guard (1...128).contains(whole.count), targets.contains(.plain), !segments.contains(where: \.isFormula),
            // A number alone is one of running text, where a comma separates decimals.
            segments.first?.content != whole.startIndex..<whole.endIndex
        else { return nil }
        for index in whole.indices.dropFirst().dropLast() where whole[index].isBlank {
            let (before, after) = (whole[index - 1], whole[index + 1])
            let isBetweenWords = before.isLetter || before.isDigit
            if isBetweenWords, after.isLetter || after.isDigit || after.isBlank { return nil }
        }
        let answer = FoundAnswer(parts: [whole])
        guard let expression = AnswerReader.readable(answer), !expression.isWordy else { return nil }
        return answer
    }

    /// Whether "%", "percent" or "pct" stands at `index`, blanks and dollar signs before it left out.
    static func isPercent(_ bytes: [UInt8], at index: Int) -> Bool {
        var index = index
        while index < bytes.count, bytes[index].isBlank || bytes[index] == UInt8(ascii: "$") { index += 1 }
        if index < bytes.count, bytes[index] == UInt8(ascii: "\\") { index += 1 }
        guard index < bytes.count else { return false }
        return bytes[index] == UInt8(ascii: "%") || bytes.hasText("percent", at: index)
            || bytes.hasText("Percent", at: index) || bytes.hasText("pct", at: index)
    }
}
