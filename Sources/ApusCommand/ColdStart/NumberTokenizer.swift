import Model

/// The byte-level tokenizer with a token of its own for each of the numbers 10 to 99.
///
/// Role: arithmetic is easier to learn when an operand is one token. Bytes keep the ids 0 to 255; the numbers follow in order,
/// then the control tokens. A longer number is cut into these and single digits by the merges' order.
enum NumberTokenizer {
    static let numbers = (10...99).map(String.init)

    /// Its tokenizer.json, which Hugging Face `tokenizers` loads.
    static func json() -> [UInt8] {
        var document = TokenizerDocument.bytes()
        let firstNumber = document.vocabulary.count
        document.vocabulary += numbers.enumerated().map { (text: $1, id: firstNumber + $0) }
        // "1 0", "1 1", …: the two digits of each number.
        document.merges = numbers.map { $0.map(String.init).joined(separator: " ") }
        document.addedTokens = document.addedTokens.map { token in
            AddedToken(content: token.content, id: token.id + Int32(numbers.count))
        }
        return document.json()
    }
}
