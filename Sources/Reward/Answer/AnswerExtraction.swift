/// Finds the answer in a response, by one declared rule.
///
/// Without a marker the whole response is the answer. With one, the answer is what follows its *last* occurrence, and a
/// response without it has no answer. Spaces, tabs and line ends around the answer are dropped, nothing else.
struct AnswerExtraction: Sendable {
    let marker: String?

    /// The UTF-8 bytes of the answer, or nil if the response has none.
    func answer(in response: String) -> ArraySlice<UInt8>? {
        let bytes = Array(response.utf8)
        guard let marker else { return Self.trimmed(bytes[...]) }
        let pattern = Array(marker.utf8)
        var start = bytes.count - pattern.count
        while start >= 0 {
            if bytes[start..<start + pattern.count].elementsEqual(pattern) {
                return Self.trimmed(bytes[(start + pattern.count)...])
            }
            start -= 1
        }
        return nil
    }

    /// Without the blanks at both ends.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        let tail = bytes.drop { isBlank($0) }
        guard let last = tail.lastIndex(where: { !isBlank($0) }) else { return [] }
        return tail[...last]
    }
}
