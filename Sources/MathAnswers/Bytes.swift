/// Classes of ASCII characters.
extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }
    /// Whether it is part of a word or number, a byte beyond ASCII included.
    var isWordly: Bool { isDigit || isLetter || self == 0x2E || self >= 0x80 }
    var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

extension Collection<UInt8> where Self: BidirectionalCollection {
    /// Without white space at either end.
    var trimmed: SubSequence {
        let tail = drop(while: \.isBlank)
        guard let last = tail.lastIndex(where: { !$0.isBlank }) else { return tail[tail.endIndex...] }
        return tail[...last]
    }
}

extension Collection<UInt8> where Index == Int {
    /// Whether `text` stands at `index`.
    func hasText(_ text: StaticString, at index: Int) -> Bool {
        guard index >= startIndex, endIndex - index >= text.utf8CodeUnitCount else { return false }
        for offset in 0..<text.utf8CodeUnitCount where self[index + offset] != text.utf8Start[offset] { return false }
        return true
    }
}
