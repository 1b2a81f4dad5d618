extension Tokenizer {
    /// Control tokens of ChatML, as Qwen models have them.
    package static let chatTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

    /// The tokenizer.json of a vocabulary without merges: token b is the byte b for all 256, so any text encodes, then
    /// `specialTokens` from 256 on. Hugging Face `tokenizers` loads it.
    package static func byteLevelJSON(specialTokens: [String] = chatTokens) -> [UInt8] {
        let vocabulary = ByteAlphabet.scalars.enumerated().map { byte, scalar in
            JSONObject.Member(key: String(Character(scalar)), value: .integer(byte))
        }
        let added = specialTokens.enumerated().map { index, content in
            object([
                ("id", .integer(256 + index)), ("content", .string(content)), ("single_word", .boolean(false)),
                ("lstrip", .boolean(false)), ("rstrip", .boolean(false)), ("normalized", .boolean(false)),
                ("special", .boolean(true)),
            ])
        }
        let byteLevel = object([
            ("type", .string("ByteLevel")), ("add_prefix_space", .boolean(false)), ("trim_offsets", .boolean(false)),
            ("use_regex", .boolean(false)),
        ])
        let model = object([
            ("type", .string("BPE")), ("dropout", .null), ("unk_token", .null), ("continuing_subword_prefix", .null),
            ("end_of_word_suffix", .null), ("fuse_unk", .boolean(false)), ("byte_fallback", .boolean(false)),
            ("ignore_merges", .boolean(false)), ("vocab", .object(JSONObject(members: vocabulary))),
            ("merges", .array([])),
        ])
        let document = object([
            ("version", .string("1.0")), ("truncation", .null), ("padding", .null), ("added_tokens", .array(added)),
            ("normalizer", .null), ("pre_tokenizer", byteLevel), ("post_processor", .null), ("decoder", byteLevel),
            ("model", model),
        ])
        return JSONWriter.write(document, indented: true)
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(JSONObject(members: members.map { .init(key: $0.0, value: $0.1) }))
    }
}
