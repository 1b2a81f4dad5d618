/// Splits text into the pieces within which byte pairs are merged, by scanners written by hand from the published patterns.
///
/// Pieces never overlap and leave nothing out.
enum PreTokenizer: Sendable, Equatable {
    /// No split.
    case none
    /// GPT-2's pattern, which `ByteLevel` with `use_regex` means.
    case gpt2
    /// GPT-2's pattern within the pieces that remain after cutting out numbers: each digit alone (SmolLM2), or whole runs.
    case digitsThenGPT2(individually: Bool)
    /// The pattern of Qwen2 and its kin; numbers in runs of at most `digitRun` (Qwen2: 1, Llama 3: 3).
    case qwen2(digitRun: Int)

    /// Calls `body` with the byte range of each piece of `text`, in order.
    func forEachPiece(_ text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        switch self {
        case .none:
            if !text.isEmpty { body(0..<text.count) }
        case .gpt2:
            Self.scan(text, 0..<text.count, body) { GPT2Scanner(text: text, end: $0).end(of: $1) }
        case .qwen2(let digitRun):
            Self.scan(text, 0..<text.count, body) { Qwen2Scanner(text: text, end: $0, digitRun: digitRun).end(of: $1) }
        case .digitsThenGPT2(let individually):
            Self.forEachDigitSegment(text, individually: individually) { range, isDigits in
                if isDigits {
                    body(range)
                } else {
                    Self.scan(text, range, body) { GPT2Scanner(text: text, end: $0).end(of: $1) }
                }
            }
        }
    }

    /// Cuts `range` where `next(end of range, start of piece)` says that each piece ends.
    @inline(__always)
    private static func scan(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void,
        next: (Int, Int) -> Int
    ) {
        var position = range.lowerBound
        while position < range.upperBound {
            let end = next(range.upperBound, position)
            body(position..<end)
            position = end
        }
    }

    private static func forEachDigitSegment(
        _ text: UnsafeBufferPointer<UInt8>, individually: Bool, _ body: (Range<Int>, Bool) -> Void
    ) {
        var start = 0
        var position = 0
        var isInDigits = false
        while position < text.count {
            let character = ClassifiedCharacter(text, at: position)
            let isDigit = character.characterClass == .number
            if position > start && (isDigit != isInDigits || (isDigit && individually)) {
                body(start..<position, isInDigits)
                start = position
            }
            isInDigits = isDigit
            position += character.length
        }
        if start < position { body(start..<position, isInDigits) }
    }
}

/// What the scanners share: reading characters and runs of them before `end`.
protocol PieceScanner {
    var text: UnsafeBufferPointer<UInt8> { get }
    /// Where the text to look at ends; nothing behind it is seen, as if it were the end of the document.
    var end: Int { get }
}

extension PieceScanner {
    @inline(__always)
    func character(at position: Int) -> ClassifiedCharacter? {
        position < end ? ClassifiedCharacter(text, at: position) : nil
    }

    /// The end of the run of characters of one class from `position`.
    @inline(__always)
    func endOfRun(_ characterClass: CharacterClass, from position: Int) -> Int {
        var position = position
        while let next = character(at: position), next.characterClass == characterClass { position += next.length }
        return position
    }

    /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at `position`, if it is there.
    func endOfContraction(at position: Int, ignoringCase: Bool) -> Int? {
        guard text[position] == UInt8(ascii: "'"), let first = letter(at: position + 1, ignoringCase) else {
            return nil
        }
        switch first.value {
        case "s", "t", "m", "d": return position + 1 + first.length
        case "r", "v", "l":
            let wanted: UnicodeScalar = first.value == "l" ? "l" : "e"
            guard let second = letter(at: position + 1 + first.length, ignoringCase), second.value == wanted else {
                return nil
            }
            return position + 1 + first.length + second.length
        default: return nil
        }
    }

    private func letter(at position: Int, _ ignoringCase: Bool) -> (value: UnicodeScalar, length: Int)? {
        guard let character = character(at: position) else { return nil }
        guard ignoringCase else { return (character.scalar, character.length) }
        // U+017F LONG S folds to s, which the published pattern's (?i:…) honours.
        if character.scalar == "\u{17F}" { return ("s", character.length) }
        guard character.scalar.value < 0x80 else { return (character.scalar, character.length) }
        let byte = UInt8(character.scalar.value)
        let isUpper = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
        return (UnicodeScalar(isUpper ? byte | 0x20 : byte), 1)
    }

    /// The whitespace piece at `position`: `\s+(?!\S)|\s+`, that is a run of whitespace without its last character when
    /// something follows and the run is longer than one.
    func endOfWhitespace(from position: Int) -> Int {
        var end = position
        var last = position
        while let next = character(at: end), next.characterClass == .whitespace {
            last = end
            end += next.length
        }
        return end == self.end || last == position ? end : last
    }
}
