/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+` (GPT-2).
struct GPT2Scanner: PieceScanner {
    let text: UnsafeBufferPointer<UInt8>
    let end: Int

    /// The end of the piece that starts at `start`.
    @inline(__always)
    func end(of start: Int) -> Int {
        if let end = endOfContraction(at: start, ignoringCase: false) { return end }
        let hasSpace = text[start] == UInt8(ascii: " ")
        if let next = character(at: hasSpace ? start + 1 : start), next.characterClass != .whitespace {
            return endOfRun(next.characterClass, from: hasSpace ? start + 1 : start)
        }
        return endOfWhitespace(from: start)
    }
}
