import JSON

/// Reads the parts of tokenizer.json around the model, refusing by name what is not implemented.
enum TokenizerComponents {
    /// The published split patterns for which there are scanners.
    private static let patterns: [(pattern: String, preTokenizer: PreTokenizer)] = [
        (qwen2Pattern(digitRun: 1), .qwen2(digitRun: 1)),
        (qwen2Pattern(digitRun: 3), .qwen2(digitRun: 3)),
        (#"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#, .gpt2),
    ]

    /// The published pattern of Qwen2 (numbers digit by digit) or Llama 3 (up to three).
    static func qwen2Pattern(digitRun: Int) -> String {
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"# + (digitRun == 1 ? "" : "{1,\(digitRun)}")
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
    }

    static func normalization(_ value: JSONValue?) throws(TokenizerError) -> TextNormalization {
        guard let value else { return .none }
        switch value["type"]?.string {
        case "NFC": return .nfc
        case "Sequence":
            var result = TextNormalization.none
            for part in value["normalizers"]?.array ?? [] {
                if try normalization(part) == .nfc { result = .nfc }
            }
            return result
        case let other:
            throw .unsupported(component: "normalizer", found: other ?? "without type", supported: "NFC, none")
        }
    }

    static func preTokenizer(_ value: JSONValue?) throws(TokenizerError) -> PreTokenizer {
        guard let value else { throw unsupported("none") }
        let parts = value["type"]?.string == "Sequence" ? value["pretokenizers"]?.array ?? [] : [value]
        guard let last = parts.last, last["type"]?.string == "ByteLevel" else {
            throw unsupported(parts.last?["type"]?.string ?? "without type")
        }
        if last["add_prefix_space"]?.boolean ?? true { throw unsupported("ByteLevel with add_prefix_space") }
        let usesPattern = last["use_regex"]?.boolean ?? true
        switch (parts.count, parts[0]["type"]?.string, usesPattern) {
        case (1, _, true): return .gpt2
        case (1, _, false): return .none
        case (2, "Split", false): return try split(parts[0])
        case (2, "Digits", true): return .digitsThenGPT2(individually: parts[0]["individual_digits"]?.boolean ?? false)
        default:
            throw unsupported("Sequence of " + parts.map { $0["type"]?.string ?? "?" }.joined(separator: ", "))
        }
    }

    private static func split(_ value: JSONValue) throws(TokenizerError) -> PreTokenizer {
        guard value["behavior"]?.string == "Isolated", value["invert"]?.boolean ?? false == false else {
            throw unsupported("Split with behavior \(value["behavior"]?.string ?? "?")")
        }
        let pattern = value["pattern"]?["Regex"]?.string
        guard let known = patterns.first(where: { $0.pattern == pattern }) else {
            throw unsupported("Split pattern \(pattern ?? "that is no regular expression")")
        }
        return known.preTokenizer
    }

    private static func unsupported(_ found: String) -> TokenizerError {
        .unsupported(
            component: "pre_tokenizer", found: found,
            supported: "ByteLevel; Digits + ByteLevel; Split + ByteLevel with the pattern of Qwen2, Llama 3 or GPT-2")
    }

    static func addedTokens(_ value: JSONValue?) throws(TokenizerError) -> [AddedToken] {
        var tokens: [AddedToken] = []
        for entry in value?.array ?? [] {
            guard let id = entry["id"]?.integer else { throw .malformed("an added token lacks its id") }
            tokens.append(try addedToken(entry, id: id))
        }
        return tokens
    }

    /// One token as tokenizer.json and tokenizer_config.json describe it.
    static func addedToken(_ entry: JSONValue, id: Int) throws(TokenizerError) -> AddedToken {
        guard let content = entry["content"]?.string, let id = Int32(exactly: id), id >= 0, !content.isEmpty else {
            throw .malformed("an added token lacks content or id")
        }
        if entry["single_word"]?.boolean == true {
            throw .unsupported(component: "added token \"\(content)\"", found: "single_word", supported: "false")
        }
        let isSpecial = entry["special"]?.boolean ?? false
        return AddedToken(
            content: content, id: id, isSpecial: isSpecial, stripsLeft: entry["lstrip"]?.boolean ?? false,
            stripsRight: entry["rstrip"]?.boolean ?? false,
            isNormalized: entry["normalized"]?.boolean ?? !isSpecial)
    }

    /// The tokens that a post-processor puts before a text. What it puts behind ends the text, which prompts must not do.
    static func promptStart(_ value: JSONValue?) throws(TokenizerError) -> [Int32] {
        guard let value, value != .null else { return [] }
        switch value["type"]?.string {
        case "ByteLevel": return []
        case "Sequence":
            var tokens: [Int32] = []
            for part in value["processors"]?.array ?? [] { tokens += try promptStart(part) }
            return tokens
        case "TemplateProcessing":
            var tokens: [Int32] = []
            for piece in value["single"]?.array ?? [] {
                guard let name = piece["SpecialToken"]?["id"]?.string else { break }
                guard let ids = value["special_tokens"]?[name]?["ids"]?.array else {
                    throw .malformed("post_processor has no ids for \"\(name)\"")
                }
                for id in ids {
                    guard let id = id.integer.flatMap(Int32.init(exactly:)), id >= 0 else {
                        throw .malformed("post_processor has an id for \"\(name)\" that is no token id")
                    }
                    tokens.append(id)
                }
            }
            return tokens
        case let other:
            throw .unsupported(
                component: "post_processor", found: other ?? "without type",
                supported: "ByteLevel, TemplateProcessing, Sequence of them")
        }
    }

    static func checkDecoder(_ value: JSONValue?) throws(TokenizerError) {
        let type = value?["type"]?.string
        guard type == nil || type == "ByteLevel" else {
            throw .unsupported(component: "decoder", found: type ?? "?", supported: "ByteLevel")
        }
    }
}
