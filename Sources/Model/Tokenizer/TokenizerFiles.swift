import JSON

/// The tokenizer among the files of a model directory: tokenizer.json, or the older vocab.json with merges.txt, whose added
/// tokens stand in tokenizer_config.json or added_tokens.json.
package struct TokenizerFiles {
    /// Content by name.
    private let files: [String: [UInt8]]
    private let family: ModelConfiguration.Family

    /// - Parameter family: decides about normalisation and split where the files leave them open.
    package init(_ files: [String: [UInt8]], family: ModelConfiguration.Family) {
        self.files = files
        self.family = family
    }

    package var isComplete: Bool {
        files["tokenizer.json"] != nil || (files["vocab.json"] != nil && files["merges.txt"] != nil)
    }

    package func tokenizer() throws(TokenizerError) -> Tokenizer {
        if let json = files["tokenizer.json"] { return try Tokenizer(json: json) }
        guard let document = try document() else {
            throw .malformed("the model directory has neither this file nor vocab.json and merges.txt")
        }
        return try Tokenizer(document)
    }

    /// What vocab.json and merges.txt describe; nil when one of them is missing.
    func document() throws(TokenizerError) -> TokenizerDocument? {
        guard let vocabulary = files["vocab.json"], let merges = files["merges.txt"] else { return nil }
        guard let entries = try parse(vocabulary, name: "vocab.json").object else {
            throw .malformed("vocab.json is no object")
        }
        var document = TokenizerDocument(
            vocabulary: try Tokenizer.entries(entries), merges: Self.merges(merges), addedTokens: try addedTokens())
        if try isQwen2() {
            (document.normalization, document.preTokenizer) = (.nfc, .qwen2(digitRun: 1))
        } else {
            document.preTokenizer = .gpt2
        }
        return document
    }

    /// One pair a line; the first may state the version of the format.
    private static func merges(_ bytes: [UInt8]) -> [String] {
        let lines = bytes.split(separator: UInt8(ascii: "\n")).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        return lines.first?.hasPrefix("#version") == true ? Array(lines.dropFirst()) : lines
    }

    /// The class that the settings name decides, as in transformers; without settings the model's family.
    private func isQwen2() throws(TokenizerError) -> Bool {
        guard let name = try settings()?["tokenizer_class"]?.string else { return family != .llama }
        return name.hasPrefix("Qwen2")
    }

    private func addedTokens() throws(TokenizerError) -> [AddedToken] {
        var tokens: [AddedToken] = []
        if let decoder = try settings()?["added_tokens_decoder"]?.object {
            for member in decoder.members {
                guard let id = Int(member.key) else {
                    throw .malformed("added token id \"\(member.key)\" is no number")
                }
                tokens.append(try TokenizerComponents.addedToken(member.value, id: id))
            }
        } else if let bytes = files["added_tokens.json"] {
            for member in try parse(bytes, name: "added_tokens.json").object?.members ?? [] {
                guard let id = member.value.integer.flatMap(Int32.init(exactly:)), id >= 0, !member.key.isEmpty else {
                    throw .malformed("added_tokens.json: the id of \"\(member.key)\" is no token id")
                }
                tokens.append(AddedToken(content: member.key, id: id))
            }
        }
        return tokens.sorted { $0.id < $1.id }
    }

    private func settings() throws(TokenizerError) -> JSONValue? {
        guard let bytes = files["tokenizer_config.json"] else { return nil }
        return try parse(bytes, name: "tokenizer_config.json")
    }

    private func parse(_ bytes: [UInt8], name: String) throws(TokenizerError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw .malformed("\(name) is \(error)")
        }
    }
}
