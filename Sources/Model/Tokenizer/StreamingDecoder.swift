/// Turns a stream of tokens into text as it grows, holding back the bytes of a character that is not complete yet.
///
/// Invariant: what was returned so far, then `finish()`, is the decoding of all bytes at once.
package struct StreamingDecoder: Sendable {
    private let tokenizer: Tokenizer
    /// At most three bytes: the beginning of a UTF-8 sequence.
    private var pending: [UInt8] = []

    package init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    /// The text that `token` completes; may be empty.
    package mutating func append(_ token: Int32) throws(TokenizerError) -> String {
        complete(with: try tokenizer.bytes(of: token))
    }

    /// The same for a token that a policy sampled (`Tokenizer.decode(sampled:)`).
    package mutating func append(sampled token: Int32) -> String { complete(with: tokenizer.bytes(ofSampled: token)) }

    private mutating func complete(with bytes: ArraySlice<UInt8>) -> String {
        pending.append(contentsOf: bytes)
        let complete = pending.count - Self.incompleteSuffix(of: pending)
        defer { pending.removeFirst(complete) }
        return String(decoding: pending[..<complete], as: UTF8.self)
    }

    /// What is left at the end: replacement characters for an incomplete sequence.
    package mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    /// Length of the longest suffix that more bytes could make one character.
    private static func incompleteSuffix(of bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let suffix = bytes[(bytes.count - length)...]
            guard let first = suffix.first, first & 0xC0 != 0x80 else { continue }
            let needed = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
            return first < 0xF5 && length < needed && isPrefix(suffix) ? length : 0
        }
        return 0
    }

    /// Whether the second byte, if there, is one that may follow the first (Unicode table 3-7: no overlong forms, no
    /// surrogates, nothing above U+10FFFF).
    private static func isPrefix(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, let second = bytes.dropFirst().first else { return true }
        switch first {
        case 0xE0: return second >= 0xA0
        case 0xED: return second < 0xA0
        case 0xF0: return second >= 0x90
        case 0xF4: return second < 0x90
        default: return true
        }
    }
}
