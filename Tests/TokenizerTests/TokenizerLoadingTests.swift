import Model
import TestSupport
import Testing

@Suite struct TokenizerLoadingTests {
    /// The small Qwen2 tokenizer with `old` replaced by `new` in its text.
    private func tokenizer(replacing old: String, with new: String) throws -> Tokenizer {
        let text = String(decoding: try TokenizerFixture.bytes("qwen2.json"), as: UTF8.self)
        #expect(text.contains(old))
        return try Tokenizer(json: Array(text.replacing(old, with: new).utf8))
    }

    @Test(arguments: [
        (#""type":"BPE""#, #""type":"Unigram""#, "model"),
        (#""byte_fallback":false"#, #""byte_fallback":true"#, "model.byte_fallback"),
        (#""dropout":null"#, #""dropout":0.1"#, "model.dropout"),
        (#""end_of_word_suffix":null"#, #""end_of_word_suffix":"</w>""#, "model.end_of_word_suffix"),
        (#"{"type":"NFC"}"#, #"{"type":"Lowercase"}"#, "normalizer"),
        (#""behavior":"Isolated""#, #""behavior":"Removed""#, "pre_tokenizer"),
        (#"|\\p{N}|"#, #"|\\p{N}+|"#, "pre_tokenizer"),
        (#""add_prefix_space":false"#, #""add_prefix_space":true"#, "pre_tokenizer"),
        (#""type":"Sequence""#, #""type":"Whitespace""#, "pre_tokenizer"),
        (#""single_word":false"#, #""single_word":true"#, "added token \"<|endoftext|>\""),
        (#""decoder":{"type":"ByteLevel""#, #""decoder":{"type":"Metaspace""#, "decoder"),
    ])
    func refusesTheUnsupportedByName(_ old: String, _ new: String, _ component: String) {
        let error = #expect(throws: TokenizerError.self) { try tokenizer(replacing: old, with: new) }
        guard case .unsupported(let named, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named == component)
    }

    @Test(arguments: [
        "{}", #"{"model": {}}"#, #"{"model": {"vocab": [], "merges": []}}"#,
        #"{"model": {"vocab": {"a": -1}, "merges": []}, "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false}}"#,
        #"{"model": {"vocab": {"a": 99999999999}, "merges": []}, "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false}}"#,
        #"{"model": {"vocab": {"a": 1, "b": 1}, "merges": []}, "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false}}"#,
        #"{"model": {"vocab": {"a": 1, "b": 2}, "merges": ["a b"]}, "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false}}"#,
        #"{"model": {"vocab": {"a": 1}, "merges": ["a"]}, "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false}}"#,
        #"{"model": {"vocab": {}, "merges": []}, "added_tokens": [{"id": 1}], "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false}}"#,
    ])
    func malformedFilesAreRefused(_ text: String) {
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(json: Array(text.utf8)) }
        guard case .malformed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func mutatedFilesNeverCrash() throws {
        var generator = SplitMix64(seed: 5)
        let original = try TokenizerFixture.bytes("gpt2.json")
        let text = randomText(count: 50, using: &generator)
        var accepted = 0
        for _ in 0..<400 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let position = Int.random(in: 0..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    bytes[position] = .random(in: 0x20...0x7E, using: &generator)
                } else {
                    bytes.removeSubrange(position..<min(bytes.count, position + 5))
                }
            }
            do {
                let tokenizer = try Tokenizer(json: bytes)
                _ = try tokenizer.decode(tokenizer.encode(text))
                accepted += 1
            } catch {
                continue  // Refusing a damaged file is as right as reading it.
            }
        }
        #expect(accepted > 0)
    }

    @Test func unknownTokensAreNamed() throws {
        let tokenizer = try TokenizerFixture.tokenizer("gpt2")
        for id in [Int32(tokenizer.vocabularySize), -1, .max] {
            #expect(throws: TokenizerError.unknownToken(id)) { try tokenizer.decode([id]) }
        }
    }

    @Test func specialTokensCanBeTakenAsPlainText() throws {
        let tokenizer = try TokenizerFixture.tokenizer("qwen2")
        let end = try #require(tokenizer.token(named: "<|im_end|>"))
        let thought = try #require(tokenizer.token(named: "<think>"))
        let text = "x<|im_end|><think>"
        #expect(tokenizer.encode(text).contains(end))
        let plain = tokenizer.encode(text, specialTokens: false)
        #expect(!plain.contains(end))
        // A word that was added later is no control token.
        #expect(plain.last == thought)
        #expect(try tokenizer.decode(plain) == text)
    }

    @Test func byteLevelVocabularyEncodesEveryByteAsItself() throws {
        let tokenizer = try Tokenizer(json: Tokenizer.byteLevelJSON())
        #expect(tokenizer.encode(bytes: Array(0...255)) == Array(0...255))
        #expect(tokenizer.encode("1+2é") == [0x31, 0x2B, 0x32, 0xC3, 0xA9])
        #expect(tokenizer.encode("<|im_start|>a<|im_end|><|endoftext|>") == [257, 0x61, 258, 256])
        #expect(tokenizer.vocabularySize == 259)
        #expect(try tokenizer.decode([257, 0x61, 258]) == "<|im_start|>a<|im_end|>")
        #expect(Tokenizer.byteLevelJSON() == Tokenizer.byteLevelJSON())
    }
}
