/// An answer as text: what makes two answers equal before they are read.
struct AnswerText {
    private let parts: [[UInt8]]
    private let isPercent: Bool

    init(_ answer: FoundAnswer) {
        parts = answer.parts.map { AnswerText.withoutBlanks($0) }
        isPercent = answer.isPercent
    }

    /// Without dollar signs, and without blanks but those that keep words and numbers apart.
    private static func withoutBlanks(_ part: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(part.count)
        var isPending = false
        for character in part where character != UInt8(ascii: "$") {
            if character.isBlank {
                isPending = true
                continue
            }
            if isPending, let last = result.last, last.isWordly, character.isWordly { result.append(0x20) }
            isPending = false
            result.append(character)
        }
        return result
    }

    /// Whether both are the same text but for blanks, and not empty.
    func equals(_ other: AnswerText) -> Bool {
        isPercent == other.isPercent && parts == other.parts && parts.contains { !$0.isEmpty }
    }

    /// `part` as words, if there is nothing but words in it: LaTeX's commands for text left out, in lower case.
    static func words(_ part: ArraySlice<UInt8>) -> String? {
        var text = String(decoding: part, as: UTF8.self)
        for command in ["\\text", "\\textbf", "\\mathrm", "\\mbox"] {
            text = text.replacing(command + "{", with: "{")
        }
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "-" || $0 == "'") }
        let isWords = text.allSatisfy { $0.isLetter || $0.isNumber || " -'{}.,()!\n".contains($0) }
        guard isWords, words.contains(where: { $0.count > 1 && $0.allSatisfy(\.isLetter) }) else { return nil }
        return words.joined(separator: " ").lowercased()
    }
}
