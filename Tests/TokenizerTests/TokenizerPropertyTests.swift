import JSON
import Model
import TestSupport
import Testing

@Suite struct TokenizerPropertyTests {
    @Test(arguments: TokenizerFixture.kinds)
    func anyBytesComeBack(_ kind: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2_000 {
            let isText = Bool.random(using: &generator)
            let bytes =
                isText
                ? Array(randomText(count: 20, using: &generator).utf8).dropLast(
                    Int.random(in: 0...3, using: &generator))
                : ArraySlice(
                    (0..<Int.random(in: 0...80, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }
                )
            #expect(try tokenizer.decodeBytes(tokenizer.encode(bytes: Array(bytes))) == Array(bytes))
        }
    }

    @Test func anyTextComesBackNormalized() throws {
        let tokenizer = try TokenizerFixture.tokenizer("qwen2")
        var generator = SplitMix64(seed: 2)
        for _ in 0..<2_000 {
            let text = randomText(count: 30, using: &generator)
            let tokens = tokenizer.encode(text)
            let decoded = try tokenizer.decode(tokens)
            // String equality is canonical equivalence; normalising twice changes nothing.
            #expect(decoded == text)
            #expect(tokenizer.encode(decoded) == tokens)
        }
    }

    @Test func everyCharacterComesBackNormalized() throws {
        let tokenizer = try TokenizerFixture.tokenizer("qwen2")
        for value in UInt32(0)..<0x3_0000 {
            guard let scalar = UnicodeScalar(value) else { continue }
            let text = "a\(scalar)"
            let tokens = tokenizer.encode(text)
            let decoded = try tokenizer.decode(tokens)
            #expect(decoded == text, "U+\(String(value, radix: 16))")
            #expect(tokenizer.encode(decoded) == tokens)
        }
    }

    @Test(arguments: TokenizerFixture.kinds)
    func streamingGivesTheSameText(_ kind: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        var generator = SplitMix64(seed: 3)
        for round in 0..<2_000 {
            // Random bytes (mostly malformed), or text cut into single bytes.
            let tokens =
                round % 2 == 0
                ? tokenizer.encode(bytes: (0..<30).map { _ in .random(in: 0x7E...255, using: &generator) })
                : randomText(count: 10, using: &generator).utf8.flatMap { tokenizer.encode(bytes: [$0]) }
            var decoder = StreamingDecoder(tokenizer)
            var text = ""
            for token in tokens {
                text += try decoder.append(token)
            }
            text += decoder.finish()
            #expect(Array(text.utf8) == Array(try tokenizer.decode(tokens).utf8))
        }
    }

    /// Rows that only fill up the embedding have no text, as with Hugging Face; a policy samples them nevertheless.
    @Test func rowsWithoutTokenHaveNoText() throws {
        let tokenizer = try Tokenizer(json: Tokenizer.byteLevelJSON())
        let padding = Int32(tokenizer.vocabularySize + 7)
        let tokens = [0x61, padding, 0xC3, padding, 0xA9, padding]
        #expect(tokenizer.decode(sampled: tokens) == "aé")
        var decoder = StreamingDecoder(tokenizer)
        #expect(tokens.map { decoder.append(sampled: $0) } == ["a", "", "", "", "é", ""])
        #expect(throws: TokenizerError.unknownToken(padding)) { try tokenizer.decode(tokens) }
    }

    @Test func streamingHoldsBackOnlyWhatIsIncomplete() throws {
        let tokenizer = try Tokenizer(json: Tokenizer.byteLevelJSON())
        var decoder = StreamingDecoder(tokenizer)
        let pieces = try tokenizer.encode("aé😀!").map { try decoder.append($0) }
        #expect(pieces == ["a", "", "é", "", "", "", "😀", "!"])
        #expect(decoder.finish() == "")
        #expect(try decoder.append(0xF0) == "")
        #expect(decoder.finish() == "\u{FFFD}")
    }

    /// The heap against the definition: merge the leftmost pair of lowest rank until none is left.
    @Test func mergesFollowTheDefinition() throws {
        let tokenizer = try TokenizerFixture.tokenizer("gpt2")
        let document = try JSONValue.parse(TokenizerFixture.bytes("gpt2.json"))
        var ranks: [[String]: Int] = [:]
        for (rank, pair) in (document["model"]?["merges"]?.array ?? []).enumerated() {
            ranks[(pair.array ?? []).compactMap(\.string)] = rank
        }
        let vocabulary = try #require(document["model"]?["vocab"]?.object).members
        let ids = Dictionary(uniqueKeysWithValues: vocabulary.map { ($0.key, Int32($0.value.integer ?? -1)) })
        var generator = SplitMix64(seed: 4)
        for _ in 0..<500 {
            // Letters only, so that the word is one piece; few of them, so that merges overlap.
            let word = (0..<Int.random(in: 1...60, using: &generator))
                .map { _ in "etaonin".randomElement(using: &generator) ?? "e" }
            var symbols = word.map { String($0) }
            while let best = symbols.indices.dropLast()
                .compactMap({ index in ranks[[symbols[index], symbols[index + 1]]].map { (rank: $0, index: index) } })
                .min(by: { ($0.rank, $0.index) < ($1.rank, $1.index) })
            {
                symbols[best.index] += symbols.remove(at: best.index + 1)
            }
            #expect(tokenizer.encode(String(word)) == symbols.map { ids[$0] ?? -1 })
        }
    }

    /// Random letters, so that merges happen everywhere. A second here; hours if it were quadratic.
    @Test(.timeLimit(.minutes(1)), arguments: TokenizerFixture.kinds)
    func aWordOfAMegabyteTakesLinearTime(_ kind: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        var generator = SplitMix64(seed: 6)
        let letters = Array("etaoinshrdlu".utf8)
        let word = (0..<1_000_000).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] }
        let tokens = tokenizer.encode(String(decoding: word, as: UTF8.self))
        #expect(tokens.count < word.count)
        #expect(try tokenizer.decodeBytes(tokens) == word)
    }

    /// Each would take hours if anything were quadratic.
    @Test(arguments: TokenizerFixture.kinds, ["a", " ", "\n ", "<", "1", "'", "é", "\u{301}", "<|im_start|", "日"])
    func longRunsTakeLinearTime(_ kind: String, _ unit: String) throws {
        let tokenizer = try TokenizerFixture.tokenizer(kind)
        let text = String(repeating: unit, count: 300_000)
        #expect(!tokenizer.encode(text).isEmpty)
        #expect(!tokenizer.encode(text + "x").isEmpty)
    }
}
