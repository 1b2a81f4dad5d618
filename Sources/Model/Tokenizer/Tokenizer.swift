/// Byte-level byte-pair tokenizer: text ⇄ token ids, exactly as Hugging Face `tokenizers` does from the same tokenizer.json
/// (with `add_special_tokens=False`: nothing is put around the text; what belongs before a prompt is `promptStart`).
///
/// Immutable; encoding allocates its own scratch, so it may be used from many threads.
package struct Tokenizer: Sendable {
    let vocabulary: Vocabulary
    let merges: MergeTable
    let byteTokens: [Int32]
    let normalization: TextNormalization
    let preTokenizer: PreTokenizer
    /// A piece that is a token as a whole becomes that token, whatever the merges say.
    let ignoresMerges: Bool
    /// In the order of tokenizer.json.
    package let addedTokens: [AddedToken]
    /// What stands before a prompt that has no chat template (Llama 3's `<|begin_of_text|>`); of most models nothing.
    package let promptStart: [Int32]
    let rawMatcher: AddedTokenMatcher
    let normalizedMatcher: AddedTokenMatcher

    /// One more than the greatest token id; the model's vocabulary may be padded beyond it.
    package var vocabularySize: Int { vocabulary.size }

    /// The id of an added token (`<|im_end|>`), else of the vocabulary entry with this text.
    package func token(named name: String) -> Int32? {
        addedTokens.first { $0.content.utf8.elementsEqual(name.utf8) }?.id ?? vocabulary.id(of: Array(name.utf8))
    }

    // MARK: Encoding

    /// The tokens of `text`. With `specialTokens` false, control tokens written out in the text (`<|im_end|>` in a user's
    /// message) are encoded as plain text instead of being recognised.
    package func encode(_ text: String, specialTokens: Bool = true) -> [Int32] {
        var text = text
        var encoder = BytePairEncoder(merges: merges, byteTokens: byteTokens)
        var output: [Int32] = []
        text.withUTF8 { bytes in
            output.reserveCapacity(bytes.count / 3)
            split(bytes, rawMatcher, specialTokens: specialTokens, into: &output) { plain, output in
                encodeUnnormalized(plain, specialTokens: specialTokens, &encoder, into: &output)
            }
        }
        return output
    }

    /// The tokens of a prompt to be continued: `promptStart`, unless the text begins with it already, and the text.
    package func encode(prompt: String, specialTokens: Bool = true) -> [Int32] {
        let tokens = encode(prompt, specialTokens: specialTokens)
        return tokens.starts(with: promptStart) ? tokens : promptStart + tokens
    }

    /// The tokens of arbitrary bytes, valid UTF-8 or not: neither normalised nor searched for added tokens, so decoding
    /// gives back exactly these bytes.
    package func encode(bytes: [UInt8]) -> [Int32] {
        var encoder = BytePairEncoder(merges: merges, byteTokens: byteTokens)
        var output: [Int32] = []
        bytes.withUnsafeBufferPointer { encodePieces($0, &encoder, into: &output) }
        return output
    }

    private func encodeUnnormalized(
        _ plain: UnsafeBufferPointer<UInt8>, specialTokens: Bool, _ encoder: inout BytePairEncoder,
        into output: inout [Int32]
    ) {
        guard normalization != .none, plain.contains(where: { $0 >= 0x80 }) else {
            return encodeNormalized(plain, specialTokens: specialTokens, &encoder, into: &output)
        }
        var text = normalization.apply(String(decoding: plain, as: UTF8.self))
        text.withUTF8 { encodeNormalized($0, specialTokens: specialTokens, &encoder, into: &output) }
    }

    private func encodeNormalized(
        _ plain: UnsafeBufferPointer<UInt8>, specialTokens: Bool, _ encoder: inout BytePairEncoder,
        into output: inout [Int32]
    ) {
        split(plain, normalizedMatcher, specialTokens: specialTokens, into: &output) { plain, output in
            encodePieces(plain, &encoder, into: &output)
        }
    }

    private func encodePieces(
        _ text: UnsafeBufferPointer<UInt8>, _ encoder: inout BytePairEncoder, into output: inout [Int32]
    ) {
        preTokenizer.forEachPiece(text) { range in
            let piece = UnsafeBufferPointer(rebasing: text[range])
            if ignoresMerges, let token = vocabulary.id(of: piece) {
                output.append(token)
            } else {
                encoder.encode(piece, into: &output)
            }
        }
    }

    /// Appends the added tokens that `matcher` finds, and hands what lies between them to `plain`.
    private func split(
        _ text: UnsafeBufferPointer<UInt8>, _ matcher: AddedTokenMatcher, specialTokens: Bool,
        into output: inout [Int32],
        plain: (UnsafeBufferPointer<UInt8>, inout [Int32]) -> Void
    ) {
        var position = 0
        while let match = matcher.next(in: text, from: position, where: { specialTokens || !$0.isSpecial }) {
            if position < match.range.lowerBound {
                plain(UnsafeBufferPointer(rebasing: text[position..<match.range.lowerBound]), &output)
            }
            output.append(match.token.id)
            position = match.range.upperBound
        }
        if position < text.count { plain(UnsafeBufferPointer(rebasing: text[position...]), &output) }
    }

    // MARK: Decoding

    /// The bytes of one token.
    package func bytes(of token: Int32) throws(TokenizerError) -> ArraySlice<UInt8> {
        guard let bytes = vocabulary.bytes(of: Int(token)) else { throw .unknownToken(token) }
        return bytes
    }

    /// The bytes of the tokens, one after another; need not be valid UTF-8.
    package func decodeBytes(_ tokens: some Sequence<Int32>) throws(TokenizerError) -> [UInt8] {
        var bytes: [UInt8] = []
        for token in tokens { bytes.append(contentsOf: try self.bytes(of: token)) }
        return bytes
    }

    /// The text of the tokens, special ones written out; malformed UTF-8 becomes U+FFFD.
    package func decode(_ tokens: some Sequence<Int32>) throws(TokenizerError) -> String {
        String(decoding: try decodeBytes(tokens), as: UTF8.self)
    }

    /// The bytes of a token that a policy sampled. Its vocabulary may have more rows than the tokenizer has tokens: those have
    /// no text, as in Hugging Face's `decode`.
    func bytes(ofSampled token: Int32) -> ArraySlice<UInt8> { vocabulary.bytes(of: Int(token)) ?? [] }

    /// The text of what a policy sampled; malformed UTF-8 becomes U+FFFD.
    package func decode(sampled tokens: some Sequence<Int32>) -> String {
        String(decoding: tokens.flatMap(bytes(ofSampled:)), as: UTF8.self)
    }
}
