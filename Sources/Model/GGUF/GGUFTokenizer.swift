import JSON

/// Makes the tokenizer files of a Hugging Face directory out of GGUF metadata.
struct GGUFTokenizer {
    /// Codes of `tokenizer.ggml.token_type`.
    private enum TokenType: Int {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    /// The names of its pre-tokeniser.
    private static let llama3: Set = ["llama-bpe", "llama3", "llama-v3"]

    private let metadata: GGUFMetadata
    /// Text and type by id.
    private let tokens: [(text: String, type: TokenType)]

    init(_ metadata: GGUFMetadata) throws(GGUFError.Problem) {
        self.metadata = metadata
        let model = try metadata.string("tokenizer.ggml.model")
        guard model == "gpt2" else {
            throw .unsupported(
                what: "tokenizer.ggml.model", found: model ?? "(missing)", supported: "gpt2, that is byte-level BPE")
        }
        let texts = try metadata.strings("tokenizer.ggml.tokens")
        let types = try metadata.integers("tokenizer.ggml.token_type")
        guard texts.count == types.count else {
            throw .malformed("\(texts.count) tokens, but \(types.count) token types")
        }
        var tokens: [(text: String, type: TokenType)] = []
        for (text, code) in zip(texts, types) {
            guard let type = TokenType(rawValue: code) else { throw .malformed("token \"\(text)\" has type \(code)") }
            tokens.append((text, type))
        }
        self.tokens = tokens
    }

    /// The content of tokenizer.json and tokenizer_config.json, by name; the chat template is part of the latter.
    func files(_ configuration: ModelConfiguration) throws(GGUFError.Problem) -> [String: [UInt8]] {
        let json = try document().json()
        do throws(TokenizerError) {
            _ = try Tokenizer(json: json)
        } catch {
            throw .tokenizer(error)
        }
        return ["tokenizer.json": json, "tokenizer_config.json": try settings(configuration)]
    }

    /// The token before every prompt. Whether there is one llama.cpp knows of Llama 3 by itself.
    private func promptStart() throws(GGUFError.Problem) -> AddedToken? {
        let isLlama3 = try metadata.string("tokenizer.ggml.pre").map(Self.llama3.contains) ?? false
        let id = try metadata.integer("tokenizer.ggml.bos_token_id")
        guard try metadata.boolean("tokenizer.ggml.add_bos_token") ?? (isLlama3 && id != nil) else { return nil }
        guard let id, tokens.indices.contains(id) else {
            throw .malformed("tokenizer.ggml.bos_token_id is no token, but begins every prompt")
        }
        return AddedToken(content: tokens[id].text, id: Int32(id))
    }

    private func document() throws(GGUFError.Problem) -> TokenizerDocument {
        var seen: Set<ExactText> = []
        // Rows that only fill up the embedding (`[PAD151670]`) are no tokens.
        let entries = tokens.enumerated().filter { $0.element.type != .unused }
        for entry in entries where !seen.insert(ExactText(entry.element.text)).inserted {
            throw .malformed("token \"\(entry.element.text)\" is in the vocabulary twice")
        }
        let added = entries.filter { $0.element.type == .control || $0.element.type == .userDefined }
        var document = TokenizerDocument(
            vocabulary: entries.map { (text: $0.element.text, id: $0.offset) },
            merges: try metadata.strings("tokenizer.ggml.merges"),
            addedTokens: added.map { entry in
                AddedToken(
                    content: entry.element.text, id: Int32(entry.offset), isSpecial: entry.element.type == .control)
            })
        switch try metadata.string("tokenizer.ggml.pre") {
        case "qwen2": (document.normalization, document.preTokenizer) = (.nfc, .qwen2(digitRun: 1))
        case "smollm": document.preTokenizer = .digitsThenGPT2(individually: true)
        case "gpt-2": document.preTokenizer = .gpt2
        case let name? where Self.llama3.contains(name):
            (document.preTokenizer, document.ignoresMerges) = (.qwen2(digitRun: 3), true)
        case let other:
            throw .unsupported(
                what: "tokenizer.ggml.pre", found: other ?? "(missing)", supported: "qwen2, smollm, gpt-2, llama-bpe")
        }
        document.promptStart = try promptStart()
        return document
    }

    private func settings(_ configuration: ModelConfiguration) throws(GGUFError.Problem) -> [UInt8] {
        func text(_ id: Int32?) -> JSONValue {
            guard let id, tokens.indices.contains(Int(id)) else { return .null }
            return .string(tokens[Int(id)].text)
        }
        var settings = JSONObject()
        settings.append("tokenizer_class", .string("PreTrainedTokenizerFast"))
        settings.append("add_bos_token", .boolean(try promptStart() != nil))
        settings.append("bos_token", text(configuration.beginToken))
        settings.append("eos_token", text(configuration.endTokens.first))
        settings.append("pad_token", text(configuration.paddingToken))
        settings.append("model_max_length", .integer(configuration.maximumPositions))
        settings.append("clean_up_tokenization_spaces", .boolean(false))
        if let template = try metadata.string("tokenizer.chat_template") {
            settings.append("chat_template", .string(template))
        }
        return JSONWriter.write(.object(settings), indented: true)
    }
}
