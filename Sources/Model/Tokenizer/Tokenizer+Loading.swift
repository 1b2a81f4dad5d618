import JSON

extension Tokenizer {
    /// Reads the text of a tokenizer.json.
    package init(json bytes: [UInt8]) throws(TokenizerError) {
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue.parse(bytes) } catch { throw .notJSON(error) }
        guard let model = document["model"] else { throw .malformed("model is missing") }
        try Self.checkModel(model)
        guard let entries = model["vocab"]?.object, let merges = model["merges"]?.array else {
            throw .malformed("model.vocab or model.merges is missing")
        }
        var pairs: [(String, String)] = []
        pairs.reserveCapacity(merges.count)
        for merge in merges { pairs.append(try Self.pair(merge)) }
        try self.init(
            entries: Self.entries(entries), merges: pairs,
            addedTokens: TokenizerComponents.addedTokens(document["added_tokens"]),
            normalization: TokenizerComponents.normalization(document["normalizer"]),
            preTokenizer: TokenizerComponents.preTokenizer(document["pre_tokenizer"]),
            promptStart: TokenizerComponents.promptStart(document["post_processor"]),
            unknownToken: model["unk_token"]?.string, ignoresMerges: model["ignore_merges"]?.boolean ?? false)
        try TokenizerComponents.checkDecoder(document["decoder"])
    }

    /// The tokenizer that `document` describes.
    package init(_ document: TokenizerDocument) throws(TokenizerError) {
        var pairs: [(String, String)] = []
        pairs.reserveCapacity(document.merges.count)
        for merge in document.merges { pairs.append(try Self.pair(.string(merge))) }
        try self.init(
            entries: document.vocabulary, merges: pairs, addedTokens: document.addedTokens,
            normalization: document.normalization, preTokenizer: document.preTokenizer,
            promptStart: document.promptStart.map { [$0.id] } ?? [], unknownToken: nil,
            ignoresMerges: document.ignoresMerges)
    }

    private init(
        entries: [(text: String, id: Int)], merges pairs: [(String, String)], addedTokens: [AddedToken],
        normalization: TextNormalization, preTokenizer: PreTokenizer, promptStart: [Int32], unknownToken: String?,
        ignoresMerges: Bool
    ) throws(TokenizerError) {
        var vocabulary = Vocabulary(expectedCount: entries.count + addedTokens.count)
        let addedIds = Set(addedTokens.map { Int($0.id) })
        for entry in entries {
            let added = addedIds.contains(entry.id)
            // An added token is written out as it is, even when the vocabulary lists it too.
            let bytes = added ? nil : ByteAlphabet.bytes(of: entry.text)
            try vocabulary.insert(bytes ?? Array(entry.text.utf8), id: entry.id, isFindable: bytes != nil)
        }
        for token in addedTokens where vocabulary.bytes(of: Int(token.id)) == nil {
            try vocabulary.insert(Array(token.content.utf8), id: Int(token.id), isFindable: false)
        }
        let unknown = unknownToken.flatMap { name in entries.first { $0.text.utf8.elementsEqual(name.utf8) }?.id }
        byteTokens = (0...UInt8.max).map { vocabulary.id(of: [$0]) ?? Int32(unknown ?? -1) }
        merges = try Self.mergeTable(pairs, vocabulary)
        self.vocabulary = vocabulary
        self.normalization = normalization
        self.preTokenizer = preTokenizer
        self.ignoresMerges = ignoresMerges
        self.addedTokens = addedTokens
        self.promptStart = promptStart
        rawMatcher = AddedTokenMatcher(addedTokens.filter { !$0.isNormalized })
        normalizedMatcher = AddedTokenMatcher(addedTokens.filter(\.isNormalized))
    }

    static func entries(_ object: JSONObject) throws(TokenizerError) -> [(text: String, id: Int)] {
        var entries: [(text: String, id: Int)] = []
        entries.reserveCapacity(object.members.count)
        for member in object.members {
            guard let id = member.value.integer else { throw .malformed("the id of \"\(member.key)\" is no integer") }
            entries.append((member.key, id))
        }
        return entries
    }

    /// `["a", "b"]`, or `"a b"` in older files.
    private static func pair(_ merge: JSONValue) throws(TokenizerError) -> (String, String) {
        if let pair = merge.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
            return (left, right)
        }
        guard let text = merge.string else { throw .malformed("a merge is neither a string nor a pair") }
        let parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, let left = String(parts[0]), let right = String(parts[1]) else {
            throw .malformed("merge \"\(text)\" is not two tokens")
        }
        return (left, right)
    }

    private static func mergeTable(
        _ pairs: [(String, String)], _ vocabulary: Vocabulary
    ) throws(TokenizerError) -> MergeTable {
        var table = MergeTable(expectedCount: pairs.count)
        for (rank, (leftText, rightText)) in pairs.enumerated() {
            guard let leftBytes = ByteAlphabet.bytes(of: leftText), let rightBytes = ByteAlphabet.bytes(of: rightText),
                let left = vocabulary.id(of: leftBytes), let right = vocabulary.id(of: rightBytes),
                let merged = vocabulary.id(of: leftBytes + rightBytes), let rank = UInt32(exactly: rank)
            else { throw .malformed("merge \"\(leftText) \(rightText)\" uses tokens that are not in the vocabulary") }
            table.insert(left: left, right: right, rank: rank, merged: merged)
        }
        return table
    }

    private static func checkModel(_ model: JSONValue) throws(TokenizerError) {
        if let type = model["type"]?.string, type != "BPE" {
            throw .unsupported(component: "model", found: type, supported: "BPE")
        }
        for flag in ["byte_fallback", "fuse_unk"] where model[flag]?.boolean == true {
            throw .unsupported(component: "model.\(flag)", found: "true", supported: "false")
        }
        if let dropout = model["dropout"]?.number, dropout != 0 {
            throw .unsupported(component: "model.dropout", found: "\(dropout)", supported: "none")
        }
        for affix in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let text = model[affix]?.string, !text.isEmpty {
                throw .unsupported(component: "model.\(affix)", found: "\"\(text)\"", supported: "none")
            }
        }
    }
}
