import JSON

/// The parts of a byte-level BPE tokenizer, written out as the tokenizer.json that Hugging Face `tokenizers` loads and
/// `Tokenizer(json:)` reads.
package struct TokenizerDocument {
    /// Entries in the byte alphabet (`ByteAlphabet`), and their ids; added tokens as they are written.
    package var vocabulary: [(text: String, id: Int)]
    /// Pairs of entries, the earlier merged first, each as "left right".
    package var merges: [String]
    package var addedTokens: [AddedToken]
    var normalization = TextNormalization.none
    var preTokenizer = PreTokenizer.none
    var ignoresMerges = false
    /// Put before every prompt.
    var promptStart: AddedToken?

    package init(vocabulary: [(text: String, id: Int)], merges: [String], addedTokens: [AddedToken]) {
        self.vocabulary = vocabulary
        self.merges = merges
        self.addedTokens = addedTokens
    }

    /// A vocabulary without merges: token b is the byte b for all 256, so any text encodes, then `specialTokens`.
    package static func bytes(specialTokens: [String] = Tokenizer.chatTokens) -> TokenizerDocument {
        TokenizerDocument(
            vocabulary: ByteAlphabet.scalars.enumerated().map { (text: String(Character($1)), id: $0) }, merges: [],
            addedTokens: specialTokens.enumerated().map { AddedToken(content: $1, id: Int32(256 + $0)) })
    }

    /// The text of the file; the same parts give the same bytes.
    package func json() -> [UInt8] {
        let document = object([
            ("version", .string("1.0")), ("truncation", .null), ("padding", .null),
            ("added_tokens", .array(addedTokens.map(json))), ("normalizer", normalizerJSON),
            ("pre_tokenizer", preTokenizerJSON), ("post_processor", postProcessorJSON),
            ("decoder", byteLevel(usesPattern: false)), ("model", modelJSON),
        ])
        return JSONWriter.write(document, indented: true)
    }

    private var modelJSON: JSONValue {
        let entries = vocabulary.map { JSONObject.Member(key: $0.text, value: .integer($0.id)) }
        return object([
            ("type", .string("BPE")), ("dropout", .null), ("unk_token", .null), ("continuing_subword_prefix", .null),
            ("end_of_word_suffix", .null), ("fuse_unk", .boolean(false)), ("byte_fallback", .boolean(false)),
            ("ignore_merges", .boolean(ignoresMerges)), ("vocab", .object(JSONObject(members: entries))),
            ("merges", .array(merges.map { .string($0) })),
        ])
    }

    private var normalizerJSON: JSONValue {
        switch normalization {
        case .none: .null
        case .nfc: object([("type", .string("NFC"))])
        }
    }

    private var preTokenizerJSON: JSONValue {
        switch preTokenizer {
        case .none: byteLevel(usesPattern: false)
        case .gpt2: byteLevel(usesPattern: true)
        case .digitsThenGPT2(let individually):
            sequence([
                object([("type", .string("Digits")), ("individual_digits", .boolean(individually))]),
                byteLevel(usesPattern: true),
            ])
        case .qwen2(let digitRun):
            sequence([
                object([
                    ("type", .string("Split")),
                    ("pattern", object([("Regex", .string(TokenizerComponents.qwen2Pattern(digitRun: digitRun)))])),
                    ("behavior", .string("Isolated")), ("invert", .boolean(false)),
                ]),
                byteLevel(usesPattern: false),
            ])
        }
    }

    private var postProcessorJSON: JSONValue {
        guard let promptStart else { return .null }
        func piece(_ kind: String, _ id: String, type: Int) -> JSONValue {
            object([(kind, object([("id", .string(id)), ("type_id", .integer(type))]))])
        }
        func start(type: Int) -> JSONValue { piece("SpecialToken", promptStart.content, type: type) }
        let token = object([
            ("id", .string(promptStart.content)), ("ids", .array([.integer(Int(promptStart.id))])),
            ("tokens", .array([.string(promptStart.content)])),
        ])
        return object([
            ("type", .string("TemplateProcessing")),
            ("single", .array([start(type: 0), piece("Sequence", "A", type: 0)])),
            (
                "pair",
                .array([
                    start(type: 0), piece("Sequence", "A", type: 0), start(type: 1), piece("Sequence", "B", type: 1),
                ])
            ),
            ("special_tokens", object([(promptStart.content, token)])),
        ])
    }

    private func byteLevel(usesPattern: Bool) -> JSONValue {
        object([
            ("type", .string("ByteLevel")), ("add_prefix_space", .boolean(false)), ("trim_offsets", .boolean(false)),
            ("use_regex", .boolean(usesPattern)),
        ])
    }

    private func sequence(_ parts: [JSONValue]) -> JSONValue {
        object([("type", .string("Sequence")), ("pretokenizers", .array(parts))])
    }

    private func json(_ token: AddedToken) -> JSONValue {
        object([
            ("id", .integer(Int(token.id))), ("content", .string(token.content)), ("single_word", .boolean(false)),
            ("lstrip", .boolean(token.stripsLeft)), ("rstrip", .boolean(token.stripsRight)),
            ("normalized", .boolean(token.isNormalized)), ("special", .boolean(token.isSpecial)),
        ])
    }

    private func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(JSONObject(members: members.map { .init(key: $0.0, value: $0.1) }))
    }
}
