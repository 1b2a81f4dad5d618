import Crypto
import Foundation
import JSON
import Model
import TestSupport
import Testing

/// Tests/Fixtures/gguf: files written with the PyPI package gguf, and what it and transformers read from them.
@Suite struct GGUFTests {
    static let root = Fixtures.root + "/gguf"
    static let models = ["llama", "qwen2", "qwen2moe", "qwen3", "qwen3moe"]

    private func model(_ name: String, precision: ParameterPrecision? = .fp32) throws -> GGUFModel {
        try GGUFModel(path: Self.root + "/\(name).gguf", precision: precision)
    }

    @Test(arguments: GGUFTensorType.allCases)
    func dequantisationAgreesWithTheReference(_ type: GGUFTensorType) throws {
        let golden = try SafetensorsFile(path: Self.root + "/blocks.safetensors")
        let blocks = try #require(golden[type.name + ".blocks"])
        let values = try #require(golden[type.name + ".values"])
        let expected = golden.withTensor(values) { bytes in
            (0..<values.count).map {
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
            }
        }
        let found = golden.withTensor(blocks) { GGUFDequantization.values($0, type) }
        #expect(found.count >= 64 && found.map(\.bitPattern) == expected)
    }

    /// Every weight, bit for bit, as transformers reads it; so names, experts and the order of Llama's rows are right.
    @Test(arguments: models)
    func weightsAreThoseThatTransformersReads(_ name: String) throws {
        let directory = try model(name).directory()
        try expectWeights(directory, golden: name)
    }

    private func expectWeights(_ directory: ModelDirectory, golden name: String) throws {
        let golden = try JSONValue.parse(FileReading.read(Self.root + "/\(name).json", limit: 1 << 20))
        var compared = 0
        for member in try #require(golden.object).members {
            let parts = Self.parts(of: member.key, in: directory.policy.layout)
            #expect(!parts.isEmpty, "\(member.key)")
            let bytes = parts.flatMap { directory.policy.withTensor($0) { Array($0) } }
            #expect(Hexadecimal.text(SHA256.hash(data: bytes)) == member.value["sha256"]?.string, "\(member.key)")
            compared += parts.count
        }
        #expect(name == "tied" || compared == directory.policy.layout.tensors.count)
    }

    /// The parameters that make up a tensor of transformers, which holds experts fused.
    private static func parts(of name: String, in layout: ParameterLayout) -> [ParameterTensor] {
        if let tensor = layout[name] { return [tensor] }
        let kinds = name.hasSuffix("gate_up_proj") ? ["gate_proj", "up_proj"] : ["down_proj"]
        let prefix = name.replacing("gate_up_proj", with: "").replacing("down_proj", with: "")
        return (0..<4).flatMap { expert in kinds.compactMap { layout["\(prefix)\(expert).\($0).weight"] } }
    }

    @Test func metadataBecomeTheConfiguration() throws {
        let llama = try model("llama").configuration
        #expect(
            llama.family == .llama && llama.tiesEmbeddings && llama.headDimension == 8 && llama.rotary.theta == 50_000)
        #expect(llama.endTokens.count == 1 && llama.vocabularySize > 700)
        let mixture = try model("qwen2moe").configuration
        #expect(mixture.hasProjectionBias && mixture.experts?.sharedIntermediateSize == 96)
        #expect(mixture.experts?.normalisesTopK == false && mixture.experts?.topK == 2 && !mixture.tiesEmbeddings)
        let qwen3 = try model("qwen3moe").configuration
        #expect(qwen3.headDimension == 16 && qwen3.experts?.normalisesTopK == true && qwen3.normEpsilon == 1e-5)
    }

    @Test func precisionFollowsWhatTheFileCanState() throws {
        #expect(try model("llama", precision: nil).configuration.precision == .bf16)
        #expect(try model("qwen3", precision: nil).configuration.precision == .bf16)
        #expect(try model("qwen2moe", precision: nil).configuration.precision == .fp32)
    }

    @Test func aSecondQuantisationOfTheEmbeddingIsNoHead() throws {
        let tied = try model("tied")
        #expect(tied.configuration.tiesEmbeddings && tied.tiedHead?.type == .q80)
        try expectWeights(tied.directory(), golden: "tied")
        #expect(try model("qwen3moe").tiedHead == nil)
    }

    /// Vocabulary, merges, split and control tokens give the ids of Hugging Face tokenizers.
    @Test(arguments: [("llama", "smollm2"), ("qwen2", "qwen2"), ("qwen3", "gpt2"), ("qwen3moe", "llama3")])
    func theTokenizerIsWhole(_ name: String, kind: String) throws {
        struct Golden: Decodable {
            let texts: [String]
            let ids: [String: [[Int32]]]
        }
        let directory = try model(name).directory()
        let tokenizer = try directory.tokenizer()
        let path = URL(fileURLWithPath: Fixtures.root + "/tokenizer/golden.json")
        let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: path))
        // GGUF does not say that a token takes whitespace along or is looked for in normalised text.
        let lost = ["<left>", "<right>", "<é>", "<e\u{301}>"]
        var compared = 0
        for (text, ids) in zip(golden.texts, try #require(golden.ids[kind]))
        where !lost.contains(where: { text.contains($0) }) {
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            compared += 1
        }
        #expect(compared >= 300)
        let settings = try JSONValue.parse(try #require(directory.companions["tokenizer_config.json"]))
        #expect(settings["chat_template"]?.string?.contains("message.content") == true)
        #expect(settings["eos_token"] == .string("<|im_end|>"))
    }

    @Test func importedModelsSaveAndLoad() throws {
        let scratch = try TemporaryDirectory()
        let imported = try model("qwen3", precision: nil).directory()
        try imported.save(to: scratch.path + "/model")
        let again = try ModelDirectory(path: scratch.path + "/model")
        #expect(again.policy.sha256 == imported.policy.sha256 && again.configuration == imported.configuration)
        #expect(try again.tokenizer().encode("Hello") == imported.tokenizer().encode("Hello"))
    }
}

/// Damaged and hostile files: an error that names the place, never a crash, never memory beyond the file's own size.
@Suite struct GGUFDamageTests {
    private static func header(tensors: UInt64 = 0, metadata: UInt64 = 0, version: UInt32 = 3) -> [UInt8] {
        Array("GGUF".utf8) + GGUFBytes.integer(version) + GGUFBytes.integer(tensors) + GGUFBytes.integer(metadata)
    }

    private func problem(_ bytes: [UInt8]) throws -> GGUFError.Problem? {
        let directory = try TemporaryDirectory()
        let path = try directory.write(bytes, to: "model.gguf")
        let error = #expect(throws: GGUFError.self) { try GGUFModel(path: path) }
        #expect(error?.file == path && error?.description.contains(path) == true)
        return error?.problem
    }

    @Test func whatIsNoGGUFIsSaidToBeNone() throws {
        #expect(try problem([]) == .notGGUF)
        #expect(try problem(Array("GGML....".utf8)) == .notGGUF)
        #expect(try problem(Self.header(version: 2)) == .version(2))
        #expect(try problem(Self.header(version: 3 << 24)) == .version(3 << 24))
        #expect(try problem(Self.header()) == .missing(key: "general.architecture"))
        let error = #expect(throws: GGUFError.self) { try GGUFModel(path: "/nonexistent.gguf") }
        guard case .file = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func absurdCountsAreRefused() throws {
        let absurd = UInt64.max
        #expect(try problem(Self.header(tensors: absurd)) == .absurdCount(what: "tensors", count: absurd))
        #expect(try problem(Self.header(metadata: 9)) == .absurdCount(what: "metadata entries", count: 9))
        // A string, an array, a tensor whose sizes the file could never hold.
        let longKey = Self.header(metadata: 1) + GGUFBytes.integer(absurd) + [UInt8](repeating: 0, count: 16)
        guard case .truncated = try problem(longKey) else {
            Issue.record("an endless key was accepted")
            return
        }
        let key = Self.header(metadata: 1) + GGUFBytes.string("a") + GGUFBytes.integer(UInt32(9))
        let array = key + GGUFBytes.integer(UInt32(0)) + GGUFBytes.integer(absurd / 2) + [0]
        #expect(try problem(array) == .absurdCount(what: "array elements", count: absurd / 2))
        let nested = key + GGUFBytes.integer(UInt32(9)) + GGUFBytes.integer(UInt64(1)) + [0, 0]
        guard case .malformed = try problem(nested) else {
            Issue.record("nested arrays were accepted")
            return
        }
        let info = Self.header(tensors: 1) + GGUFBytes.string("t")
        let sizes =
            info + GGUFBytes.integer(UInt32(2)) + GGUFBytes.integer(UInt64(1) << 40)
            + GGUFBytes.integer(UInt64(1) << 40)
        #expect(try problem(sizes + [UInt8](repeating: 0, count: 12)) == .absurdCount(what: "elements", count: 1 << 40))
        let dimensions = info + GGUFBytes.integer(UInt32(99)) + [UInt8](repeating: 0, count: 40)
        guard case .malformed = try problem(dimensions) else {
            Issue.record("99 dimensions were accepted")
            return
        }
    }

    @Test func unknownTensorTypesAreNamed() throws {
        let info =
            Self.header(tensors: 1) + GGUFBytes.string("t") + GGUFBytes.integer(UInt32(1))
            + GGUFBytes.integer(UInt64(256))
        let bytes =
            info + GGUFBytes.integer(UInt32(10)) + GGUFBytes.integer(UInt64(0)) + [UInt8](repeating: 0, count: 256)
        guard case .unsupported(what: "tensor type", found: "10", _) = try problem(bytes) else {
            Issue.record("Q2_K was accepted")
            return
        }
    }

    @Test(arguments: GGUFTests.models)
    func everyTruncationIsRefused(_ name: String) throws {
        let whole = try FileReading.read(GGUFTests.root + "/\(name).gguf", limit: 1 << 24)
        let directory = try TemporaryDirectory()
        for length in stride(from: 0, to: whole.count, by: 997) {
            let path = try directory.write(Array(whole[..<length]), to: "cut.gguf")
            #expect(throws: GGUFError.self, "\(length) bytes") { try GGUFModel(path: path).directory() }
        }
    }

    @Test func mutatedFilesNeverCrash() throws {
        var generator = SplitMix64(seed: 7)
        let directory = try TemporaryDirectory()
        var accepted = 0
        for round in 0..<300 {
            let name = GGUFTests.models[round % GGUFTests.models.count]
            var bytes = try FileReading.read(GGUFTests.root + "/\(name).gguf", limit: 1 << 24)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                // Mostly within the first metadata and at the end of the header, where the structure is.
                let end = Bool.random(using: &generator) ? 1_500 : bytes.count
                let position = Int.random(in: 0..<end, using: &generator)
                bytes[position] = .random(in: 0...255, using: &generator)
            }
            let path = try directory.write(bytes, to: "mutated.gguf")
            if unlessRefused({ try GGUFModel(path: path).directory() }) != nil { accepted += 1 }
        }
        #expect(accepted > 10)
    }
}
