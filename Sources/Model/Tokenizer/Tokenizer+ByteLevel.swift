extension Tokenizer {
    /// Control tokens of ChatML, as Qwen models have them.
    package static let chatTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

    /// The tokenizer.json of a vocabulary without merges: token b is the byte b for all 256, so any text encodes, then
    /// `specialTokens` from 256 on.
    package static func byteLevelJSON(specialTokens: [String] = chatTokens) -> [UInt8] {
        TokenizerDocument.bytes(specialTokens: specialTokens).json()
    }
}
