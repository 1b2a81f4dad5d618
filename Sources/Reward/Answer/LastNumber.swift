/// The last number of a text.
enum LastNumber {
    /// The longest run of characters that can be part of a number and ends with the text's last digit; empty without digits.
    static func find(in text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let last = text.lastIndex(where: isDigit) else { return [] }
        let head = text[...last]
        let start = head.lastIndex { !isDigit($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ".") }
        var number = start.map { head[($0 + 1)...] } ?? head
        // A comma or point before the first digit belongs to the sentence.
        number = number.drop { $0 == UInt8(ascii: ",") }
        if number.startIndex > text.startIndex {
            let before = text[..<number.startIndex]
            if before.last == UInt8(ascii: "-") {
                // "5-3" is a difference, "is -3" a negative number.
                let isSign = before.dropLast().last.map { !isDigit($0) && $0 != UInt8(ascii: ")") } ?? true
                if isSign { number = text[(number.startIndex - 1)...last] }
            }
        }
        return number
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
