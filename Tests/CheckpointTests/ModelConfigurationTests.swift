import JSON
import Model
import TestSupport
import Testing

@Suite struct ModelConfigurationTests {
    static let minimal = """
        {"model_type": "qwen3", "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 48, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0}
        """

    /// `minimal` with fields added, or replaced when they are there.
    static func text(_ fields: [String: String]) throws -> String {
        guard case .object(let object) = try JSONValue.parse(minimal) else { return minimal }
        var members = object.members.filter { fields[$0.key] == nil }
        for (key, value) in fields { members.append(.init(key: key, value: try JSONValue.parse(value))) }
        return String(decoding: JSONWriter.write(.object(JSONObject(members: members))), as: UTF8.self)
    }

    @Test(arguments: Fixtures.models)
    func readsAndWritesEveryFamily(_ name: String) throws {
        let configuration = try ModelDirectory.loadConfiguration(path: Fixtures.root + "/" + name)
        #expect(name.hasPrefix(configuration.family.rawValue.prefix(5)))
        #expect((configuration.experts != nil) == name.contains("moe"))
        #expect(configuration.vocabularySize == 256 && configuration.hiddenSize == 64)
        let written = String(decoding: configuration.json(), as: UTF8.self)
        #expect(try ModelConfiguration(json: written) == configuration)
    }

    @Test func sparseLayersFollowStepAndExceptions() throws {
        let mixed = try ModelDirectory.loadConfiguration(path: Fixtures.root + "/qwen2_moe_mixed")
        #expect(mixed.sparseLayers == [0, 2])
        let stepped = try ModelConfiguration(
            json: Self.text([
                "model_type": "\"qwen3_moe\"", "num_hidden_layers": "6", "num_local_experts": "4",
                "num_experts_per_tok": "2", "moe_intermediate_size": "8", "norm_topk_prob": "true",
                "decoder_sparse_step": "2", "mlp_only_layers": "[3]",
            ]))
        #expect(stepped.sparseLayers == [1, 5])
    }

    @Test func olderAndNewerRotaryFieldsMeanTheSame() throws {
        let older = try ModelConfiguration(
            json: Self.text([
                "rope_scaling": #"{"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}"#
            ]))
        let newer = try ModelConfiguration(
            json: Self.text([
                "rope_theta": "null",
                "rope_parameters":
                    #"{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 32, "rope_theta": 1e4}"#,
            ]))
        #expect(older == newer)
        #expect(older.rotary.scaling == .yarn(.init(factor: 4, originalPositions: 32)))
        #expect(try ModelConfiguration(json: String(decoding: older.json(), as: UTF8.self)) == older)
    }

    /// Model cards say how to add a `rope_scaling`; whatever else is there, transformers takes it, before version 5 and since.
    @Test func anAddedRotaryScalingCounts() throws {
        let plain = #"{"rope_type": "default", "rope_theta": 1e4}"#
        let yarn = #"{"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}"#
        let both = try ModelConfiguration(json: Self.text(["rope_parameters": plain, "rope_scaling": yarn]))
        #expect(both.rotary.scaling == .yarn(.init(factor: 4, originalPositions: 32)) && both.rotary.theta == 1e4)
        for none in ["null", "{}"] {
            let one = try ModelConfiguration(json: Self.text(["rope_parameters": plain, "rope_scaling": none]))
            #expect(one.rotary == RotaryEmbedding(theta: 1e4))
        }
    }

    @Test(arguments: [
        ("model_type", "\"mamba\""), ("hidden_act", "\"gelu\""), ("use_sliding_window", "true"),
        ("attention_bias", "true"), ("mlp_bias", "true"), ("layer_types", "[\"sliding_attention\"]"),
        ("quantization_config", "{\"bits\": 4}"), ("dtype", "\"float8\""), ("partial_rotary_factor", "0.5"),
        ("rope_scaling", #"{"rope_type": "longrope"}"#),
    ])
    func refusesTheUnsupportedByName(_ field: String, _ value: String) throws {
        let text = try Self.text([field: value])
        let error = #expect(throws: ConfigurationError.self) { try ModelConfiguration(json: text) }
        guard case .unsupported(let named, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named.contains(field) || named.contains("rope_type"))
    }

    @Test(arguments: [
        ("vocab_size", "0"), ("vocab_size", "9223372036854775807"), ("hidden_size", "-1"),
        ("hidden_size", "1000000000"),
        ("num_hidden_layers", "100000"), ("num_attention_heads", "0"), ("num_key_value_heads", "3"),
        ("num_key_value_heads", "8"), ("head_dim", "7"), ("intermediate_size", "9999999999"), ("rms_norm_eps", "0"),
        ("rope_theta", "0"), ("max_position_embeddings", "0"), ("eos_token_id", "64"), ("eos_token_id", "-1"),
        ("eos_token_id", "[1, 99]"), ("bos_token_id", "64"),
        ("rope_scaling", #"{"rope_type": "linear", "factor": 1e300}"#),
    ])
    func refusesAbsurdNumbers(_ field: String, _ value: String) throws {
        let text = try Self.text([field: value])
        let error = #expect(throws: ConfigurationError.self) { try ModelConfiguration(json: text) }
        guard case .outOfRange(let named, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named.hasPrefix(field))
    }

    @Test func refusesSizesWhoseProductIsAbsurd() throws {
        let text = try Self.text([
            "vocab_size": "4194304", "hidden_size": "65536", "num_hidden_layers": "1024", "num_attention_heads": "1024",
            "head_dim": "1024", "intermediate_size": "1048576",
        ])
        #expect(throws: ConfigurationError.self) { try ModelConfiguration(json: text) }
    }

    @Test(arguments: [
        "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
        "max_position_embeddings", "rms_norm_eps", "rope_theta",
    ])
    func namesWhatIsMissing(_ field: String) throws {
        let text = try Self.text([field: "null"])
        #expect(throws: ConfigurationError.missing(field: field)) { try ModelConfiguration(json: text) }
    }

    @Test func wrongTypesAreNamed() throws {
        let text = try Self.text(["vocab_size": "\"64\""])
        #expect(throws: ConfigurationError.wrongType(field: "vocab_size", expected: "an integer")) {
            try ModelConfiguration(json: text)
        }
        #expect(throws: ConfigurationError.self) { try ModelConfiguration(json: "[]") }
        #expect(throws: ConfigurationError.self) { try ModelConfiguration(json: "{") }
    }

    @Test func mutatedConfigurationsNeverCrash() throws {
        var generator = SplitMix64(seed: 2)
        let texts = try Fixtures.models.map {
            try FileReading.read(Fixtures.root + "/\($0)/config.json", limit: 1 << 20)
        }
        for round in 0..<6_000 {
            let candidate = mutated(texts[round % texts.count], using: &generator)
            let text = String(decoding: candidate, as: UTF8.self)
            guard let configuration = unlessRefused({ try ModelConfiguration(json: text) }) else { continue }
            // Whatever was accepted has a layout that can be computed.
            if configuration.layerCount <= 64 { #expect(ParameterLayout(configuration).elementCount > 0) }
        }
    }
}

@Suite struct RotaryEmbeddingTests {
    /// Against transformers' own functions: Tests/Fixtures/rotary.
    @Test(arguments: ["linear", "yarn", "yarn_options", "llama3"])
    func frequenciesAgreeWithTransformers(_ name: String) throws {
        let golden = try JSONValue.parse(FileReading.read(Fixtures.root + "/rotary/golden.json", limit: 1 << 20))
        let entry = try #require(golden[name])
        let parameters = String(
            decoding: JSONWriter.write(try #require(entry["rope_parameters"])), as: UTF8.self)
        let configuration = try ModelConfiguration(
            json: ModelConfigurationTests.text(["rope_theta": "null", "rope_parameters": parameters]))
        let expected = try #require(entry["inverse_frequencies"]?.array).compactMap(\.number)
        let frequencies = configuration.rotary.inverseFrequencies(headDimension: 64)
        #expect(frequencies.count == expected.count && expected.count == 32)
        for (found, wanted) in zip(frequencies, expected) { #expect(abs(Double(found) - wanted) <= 1e-6 * wanted) }
        let factor = try #require(entry["attention_factor"]?.number)
        #expect(abs(configuration.rotary.attentionFactor - factor) < 1e-12)
    }
}
