/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
/// (Qwen2); Llama 3 differs in `\p{N}{1,3}`.
struct Qwen2Scanner: PieceScanner {
    let text: UnsafeBufferPointer<UInt8>
    let end: Int
    let digitRun: Int

    /// The end of the piece that starts at `start`: the alternatives of the pattern in their order.
    @inline(__always)
    func end(of start: Int) -> Int {
        if let end = endOfContraction(at: start, ignoringCase: true) { return end }
        let first = ClassifiedCharacter(text, at: start)
        let second = start + first.length
        switch first.characterClass {
        case .letter: return endOfRun(.letter, from: second)
        case .number: return endOfNumber(from: second)
        case .other:
            if character(at: second)?.characterClass == .letter { return endOfRun(.letter, from: second) }
            return endOfOther(from: second)
        case .whitespace:
            if !isLineBreak(text[start]), let next = character(at: second) {
                if next.characterClass == .letter { return endOfRun(.letter, from: second) }
                if next.characterClass == .other, text[start] == UInt8(ascii: " ") { return endOfOther(from: second) }
            }
            return endAfterLastLineBreak(from: start) ?? endOfWhitespace(from: start)
        }
    }

    private func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private func endOfNumber(from position: Int) -> Int {
        var position = position
        var count = 1
        while count < digitRun, let next = character(at: position), next.characterClass == .number {
            position += next.length
            count += 1
        }
        return position
    }

    /// `[^\s\p{L}\p{N}]*[\r\n]*`
    private func endOfOther(from position: Int) -> Int {
        var position = endOfRun(.other, from: position)
        while position < end, isLineBreak(text[position]) { position += 1 }
        return position
    }

    /// `\s*[\r\n]+`: up to the last line break of the whitespace run, if there is one.
    private func endAfterLastLineBreak(from start: Int) -> Int? {
        var position = start
        var result: Int?
        while let next = character(at: position), next.characterClass == .whitespace {
            position += next.length
            if isLineBreak(text[position - 1]) { result = position }
        }
        return result
    }
}
