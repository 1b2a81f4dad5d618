/// Which part of a response is its answer: the payload keys that most kinds share.
///
/// `marker`: what follows the last occurrence of a text. `tag`: what stands in the last `<tag>…</tag>`. `boxed`: what stands
/// in the last `\boxed{…}`, braces counted. At most one of them; without any the whole response is the answer. Blanks around
/// the answer are dropped. With `last_number` it is the last number of that part, whatever stands around it. The *last*
/// occurrence decides, so a response cannot offer several answers.
struct AnswerRule: Sendable {
    private static let maximumNameBytes = 256

    private enum Place {
        case whole
        case marker(String)
        case tag(String)
        case boxed
    }

    private let place: Place
    private let takesLastNumber: Bool

    /// nil if the keys contradict one another or name nothing.
    init?(_ reader: inout PayloadReader) {
        let marker = reader.string("marker")
        let tag = reader.string("tag")
        let isBoxed = reader.boolean("boxed")
        takesLastNumber = reader.boolean("last_number")
        switch (marker, tag, isBoxed) {
        case (nil, nil, false): place = .whole
        case (let marker?, nil, false):
            guard !marker.isEmpty, marker.utf8.count <= Self.maximumNameBytes else { return nil }
            place = .marker(marker)
        case (nil, let tag?, false):
            guard TagName.isValid(tag) else { return nil }
            place = .tag(tag)
        case (nil, nil, true): place = .boxed
        default: return nil
        }
    }

    /// The UTF-8 bytes of the answer without blanks around it, or nil if the response has none.
    func answer(in response: String) -> ArraySlice<UInt8>? {
        guard let part = part(of: response) else { return nil }
        return takesLastNumber ? LastNumber.find(in: part) : part
    }

    private func part(of response: String) -> ArraySlice<UInt8>? {
        switch place {
        case .whole: return AnswerExtraction(marker: nil).answer(in: response)
        case .marker(let marker): return AnswerExtraction(marker: marker).answer(in: response)
        case .tag(let tag):
            let bytes = Array(response.utf8)
            guard let end = bytes[...].lastRange(of: Array("</\(tag)>".utf8)),
                let start = bytes[..<end.lowerBound].lastRange(of: Array("<\(tag)>".utf8))
            else { return nil }
            return AnswerExtraction.trimmed(bytes[start.upperBound..<end.lowerBound])
        case .boxed: return boxed(Array(response.utf8))
        }
    }

    private func boxed(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
        guard let start = bytes[...].lastRange(of: Array(#"\boxed{"#.utf8)) else { return nil }
        var depth = 1
        for position in start.upperBound..<bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            default: continue
            }
            if depth == 0 { return AnswerExtraction.trimmed(bytes[start.upperBound..<position]) }
        }
        return nil
    }
}

/// The names that tags may have: a letter, then letters, digits, "_" and "-", at most 32 bytes.
enum TagName {
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 32, isLetter(first) else { return false }
        return name.utf8.allSatisfy { byte in
            isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

extension ArraySlice<UInt8> {
    /// The last place where `pattern`, a short and fixed text, occurs.
    func lastRange(of pattern: [UInt8]) -> Range<Int>? {
        var start = endIndex - pattern.count
        while start >= startIndex {
            if self[start..<start + pattern.count].elementsEqual(pattern) { return start..<start + pattern.count }
            start -= 1
        }
        return nil
    }

    /// How often `pattern` occurs, overlaps not counted twice.
    func occurrences(of pattern: [UInt8]) -> Int {
        var count = 0
        var start = startIndex
        while start + pattern.count <= endIndex {
            if self[start..<start + pattern.count].elementsEqual(pattern) {
                count += 1
                start += pattern.count
            } else {
                start += 1
            }
        }
        return count
    }
}
