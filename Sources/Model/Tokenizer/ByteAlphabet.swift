/// The reversible mapping of bytes to printable characters in which byte-level vocabularies are written (GPT-2,
/// `bytes_to_unicode`): printable Latin-1 stands for itself, the other 68 bytes for U+0100 and on, in order.
enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [UnicodeScalar] = {
        var next: UInt32 = 0x100
        return (0...UInt8.max).map { byte in
            if isPrintable(byte) { return UnicodeScalar(byte) }
            defer { next += 1 }
            guard let scalar = UnicodeScalar(next) else { preconditionFailure("U+0100 to U+0143 are scalars") }
            return scalar
        }
    }()

    /// The byte of each of the first 0x144 scalars; −1 for those outside the alphabet.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
        return bytes
    }()

    private static func isPrintable(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
    }

    /// The bytes a vocabulary entry stands for; nil when a character is outside the alphabet.
    static func bytes(of token: String) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(token.utf8.count)
        for scalar in token.unicodeScalars {
            guard scalar.value < 0x144, let byte = UInt8(exactly: bytes[Int(scalar.value)]) else { return nil }
            result.append(byte)
        }
        return result
    }

    /// How `bytes` are written in a vocabulary.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalars[Int(byte)]) }
        return String(text)
    }
}
