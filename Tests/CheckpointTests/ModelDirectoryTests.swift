import Foundation
import JSON
import Model
import Testing

@Suite struct ModelDirectoryTests {
    @Test(arguments: Fixtures.models)
    func savedModelsLoadAgainUnchanged(_ name: String) throws {
        let model = try ModelDirectory(path: Fixtures.root + "/" + name)
        #expect(model.policy.precision == .fp32)
        let directory = try TemporaryDirectory()
        for shardBytes in [Int.max, 100_000] {
            let path = directory.path + "/saved"
            try model.save(to: path, maximumShardBytes: shardBytes)
            let files = try FileManager.default.contentsOfDirectory(atPath: path)
            #expect(files.contains("model.safetensors.index.json") == (shardBytes == 100_000))
            #expect(files.filter { $0.hasSuffix(".safetensors") }.count > (shardBytes == 100_000 ? 3 : 0))
            let again = try ModelDirectory(path: path)
            #expect(again.policy.sha256 == model.policy.sha256)
            #expect(again.configuration == model.configuration)
            #expect(again.companions["generation_config.json"] == model.companions["generation_config.json"])
        }
        // The second save replaced the first, and nothing temporary is left.
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["saved"])
    }

    @Test func precisionCanBeChosenAndIsKeptInTheConfiguration() throws {
        let model = try ModelDirectory(path: Fixtures.root + "/qwen3_moe", precision: .bf16)
        #expect(model.policy.precision == .bf16 && model.configuration.precision == .bf16)
        let directory = try TemporaryDirectory()
        try model.save(to: directory.path + "/bf16")
        let again = try ModelDirectory(path: directory.path + "/bf16")
        #expect(again.policy.precision == .bf16 && again.policy.sha256 == model.policy.sha256)
        let widened = try ModelDirectory(path: directory.path + "/bf16", precision: .fp32)
        let master = [Float](unsafeUninitializedCapacity: widened.policy.layout.elementCount) { buffer, count in
            count = widened.policy.layout.elementCount
            widened.policy.copy(to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
        }
        let narrowed = master.withUnsafeBufferPointer {
            PolicySnapshot(version: 0, precision: .bf16, layout: widened.policy.layout, master: $0)
        }
        #expect(narrowed.sha256 == model.policy.sha256)
    }

    /// Rewrites the experts of a checkpoint as transformers 5 holds them in memory.
    private func writeFused(_ model: ModelDirectory, to path: String) throws {
        var pieces: [(name: String, shape: [Int], bytes: SharedBytes)] = []
        for tensor in model.policy.layout.tensors where !tensor.name.contains(".experts.") {
            pieces.append((tensor.name, tensor.shape, model.policy.bytes(of: tensor)))
        }
        for (index, layer) in model.policy.layout.layers.enumerated() {
            guard case .sparse(let sparse) = layer.feedForward else { continue }
            let (count, inner) = (sparse.experts.count, sparse.experts[0].gate.shape[0])
            let prefix = "model.layers.\(index).mlp.experts."
            let gateUp = model.policy.bytes(of: sparse.experts.flatMap { [$0.gate, $0.up] })
            pieces.append((prefix + "gate_up_proj", [count, 2 * inner, 64], gateUp))
            pieces.append(
                (prefix + "down_proj", [count, 64, inner], model.policy.bytes(of: sparse.experts.map(\.down))))
        }
        let entries = pieces.map { piece in
            piece.bytes.withUnsafeBytes {
                SafetensorsWriter.Entry(name: piece.name, format: .float32, shape: piece.shape, bytes: $0)
            }
        }
        // The entries point into the pieces.
        try withExtendedLifetime(pieces) { try SafetensorsWriter.write(entries, to: path + "/model.safetensors") }
    }

    @Test(arguments: ["qwen3_moe", "qwen2_moe_mixed"])
    func fusedExpertsLoadAsSingleOnes(_ name: String) throws {
        let model = try ModelDirectory(path: Fixtures.root + "/" + name)
        let directory = try TemporaryDirectory()
        let configuration = directory.path + "/config.json"
        try FileManager.default.copyItem(atPath: Fixtures.root + "/\(name)/config.json", toPath: configuration)
        try writeFused(model, to: directory.path)
        #expect(try ModelDirectory(path: directory.path).policy.sha256 == model.policy.sha256)
        // Fewer experts than the fused tensors hold must not be taken for the whole.
        let field = name == "qwen3_moe" ? "\"num_local_experts\": " : "\"num_experts\": "
        try replace(field + "8", with: field + "7", in: configuration)
        #expect(throws: ModelDirectoryError.self) { try ModelDirectory(path: directory.path) }
    }

    /// One key/value head, heads wider than the hidden size, an odd vocabulary; made here and not by transformers.
    @Test func newModelsOfOtherShapesRoundTrip() throws {
        let configuration = try ModelConfiguration(
            family: .qwen3MoE, vocabularySize: 261, hiddenSize: 24, layerCount: 2, headCount: 3, keyValueHeadCount: 1,
            headDimension: 20, intermediateSize: 40,
            experts: .init(count: 5, topK: 1, intermediateSize: 8, normalisesTopK: true), hasProjectionBias: false,
            tiesEmbeddings: true, normEpsilon: 1e-6, rotary: RotaryEmbedding(theta: 10_000), maximumPositions: 512,
            precision: .bf16, endTokens: [258], paddingToken: 256)
        let layout = ParameterLayout(configuration)
        let master = (0..<layout.elementCount).map { Float($0 % 251) / 16 - 7 }
        let policy = master.withUnsafeBufferPointer {
            PolicySnapshot(version: 0, precision: .bf16, layout: layout, master: $0)
        }
        let directory = try TemporaryDirectory()
        let path = directory.path + "/deep/down/model"
        let companions = ["tokenizer.json": Tokenizer.byteLevelJSON()]
        try ModelDirectory(configuration: configuration, policy: policy, companions: companions).save(to: path)
        let again = try ModelDirectory(path: path)
        #expect(again.configuration == configuration)
        #expect(again.policy.sha256 == policy.sha256)
        #expect(again.endTokens == [258])
        #expect(try again.tokenizer().token(named: "<|im_end|>") == 258)
        let settings = try JSONValue.parse(try #require(again.companions["tokenizer_config.json"]))
        #expect(settings["eos_token"] == .string("<|im_end|>"))
        #expect(settings["pad_token"] == .string("<|endoftext|>"))
    }

    /// A file in layout order is used where it lies; any other order, format or number of files is copied. All give the same
    /// policy, which outlives the file's name.
    @Test func mappedWeightsAreTheSame() throws {
        let directory = try TemporaryDirectory()
        let original = try ModelDirectory(path: Fixtures.root + "/qwen2_moe_mixed")
        for (name, shardBytes, precision) in [
            ("whole", Int.max, ParameterPrecision?.none), ("shards", 100_000, nil), ("converted", .max, .bf16),
        ] {
            let path = directory.path + "/" + name
            try original.save(to: path, maximumShardBytes: shardBytes)
            let mapped = try ModelDirectory(path: path, precision: precision, mapsWeights: true)
            let copied = try ModelDirectory(path: path, precision: precision)
            try FileManager.default.removeItem(atPath: path)
            mapped.policy.bytes.releaseMappedPages()
            let same = mapped.policy.bytes.withUnsafeBytes { left in
                copied.policy.bytes.withUnsafeBytes { right in left.elementsEqual(right) }
            }
            #expect(same && mapped.policy.sha256 == copied.policy.sha256)
        }
        let foreign = try ModelDirectory(path: Fixtures.root + "/qwen2_moe_mixed", mapsWeights: true)
        #expect(foreign.policy.sha256 == original.policy.sha256)
    }

    @Test func memoryIsSaidBeforehand() throws {
        let model = try ModelDirectory(path: Fixtures.root + "/qwen3_moe", precision: .bf16)
        let count = model.policy.layout.elementCount
        let serving = MemoryEstimate.serving(model.configuration, positions: 0)
        #expect(serving.bytes == 2 * count)
        let training = MemoryEstimate.training(
            model.configuration, rows: 0, heldVersions: 1, recomputesLayers: true)
        #expect(training.bytes == (2 + 2 * 2 + 2 + 4 + 4 + 8) * count)
        func activations(_ recomputesLayers: Bool) -> Int {
            MemoryEstimate.training(
                model.configuration, rows: 100, heldVersions: 1, recomputesLayers: recomputesLayers
            ).bytes
                - training.bytes
        }
        #expect(activations(true) > 0 && activations(true) < activations(false))
    }

    /// The golden models are as transformers saved them. What is exported from them has the same tensors, and in config.json
    /// the same value for every field that the computation depends on.
    @Test(arguments: Fixtures.models)
    func exportsSayWhatTransformersWrote(_ name: String) throws {
        let scratch = try TemporaryDirectory()
        let source = Fixtures.root + "/" + name
        try ModelDirectory(path: source).save(to: scratch.path + "/export", maximumShardBytes: 200_000)
        func json(_ path: String) throws -> JSONValue { try JSONValue.parse(FileReading.read(path, limit: 1 << 20)) }

        let original = try SafetensorsFile(path: source + "/model.safetensors")
        let index = try json(scratch.path + "/export/model.safetensors.index.json")
        let map = try #require(index["weight_map"]?.object)
        #expect(Set(map.members.map(\.key)) == Set(original.tensors.map(\.name)))
        #expect(index["metadata"]?["total_size"]?.integer == original.tensors.reduce(0) { $0 + $1.range.count })
        for member in map.members {
            let shard = try SafetensorsFile(path: scratch.path + "/export/" + (member.value.string ?? ""))
            let (found, expected) = (try #require(shard[member.key]), try #require(original[member.key]))
            #expect(found.shape == expected.shape && found.format == expected.format)
            #expect(shard.metadata["format"] == "pt")
        }

        let (written, golden) = (try json(scratch.path + "/export/config.json"), try json(source + "/config.json"))
        // What transformers notes about itself, switches that are off anyway, and a renamed field.
        let silent = ["transformers_version", "layer_types", "sliding_window", "max_window_layers", "pretraining_tp"]
        for member in try #require(golden.object).members where !silent.contains(member.key) && member.value != .null {
            let found = member.key == "num_local_experts" ? written["num_experts"] : written[member.key]
            let isSame = found == member.value || (found?.number != nil && found?.number == member.value.number)
            #expect(isSame || member.key == "rope_parameters", "\(member.key): \(String(describing: found))")
        }
        #expect(
            written["rope_parameters"]?["rope_theta"]?.number == golden["rope_parameters"]?["rope_theta"]?.number)
        #expect(written["rope_parameters"]?["rope_type"] == golden["rope_parameters"]?["rope_type"])
    }

    @Test func endTokensComeFromTheGenerationConfiguration() throws {
        let directory = try TemporaryDirectory()
        let model = try ModelDirectory(path: Fixtures.root + "/qwen3_dense")
        let path = directory.path + "/model"
        let generation = Array(#"{"eos_token_id": [5, 6]}"#.utf8)
        try ModelDirectory(
            configuration: model.configuration, policy: model.policy, companions: ["generation_config.json": generation]
        ).save(to: path)
        #expect(try ModelDirectory(path: path).endTokens == [5, 6])
        #expect(throws: ModelDirectoryError.self) {
            try ModelDirectory(
                configuration: model.configuration, policy: model.policy,
                companions: ["generation_config.json": Array(#"{"eos_token_id": 256}"#.utf8)])
        }
    }

    // MARK: Errors

    /// A copy of a golden model with one file changed, and the error that loading it gives.
    private func error(
        of change: (String) throws -> Void
    ) throws -> ModelDirectoryError? {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/model"
        try ModelDirectory(path: Fixtures.root + "/qwen3_dense").save(to: path)
        try change(path)
        let error = #expect(throws: ModelDirectoryError.self) { try ModelDirectory(path: path) }
        #expect(error?.description.contains(path) == true)
        return error
    }

    private func replace(_ text: String, with other: String, in path: String) throws {
        let content = try String(contentsOfFile: path, encoding: .utf8)
        #expect(content.contains(text))
        try content.replacing(text, with: other).write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func missingPiecesAreNamed() throws {
        #expect(throws: ModelDirectoryError.directoryMissing(path: "/nonexistent")) {
            try ModelDirectory(path: "/nonexistent")
        }
        guard case .fileMissing? = try error(of: { try FileManager.default.removeItem(atPath: $0 + "/config.json") }),
            case .fileMissing? = try error(of: { try FileManager.default.removeItem(atPath: $0 + "/model.safetensors") }
            )
        else {
            Issue.record("a missing file was reported as something else")
            return
        }
    }

    @Test func weightsThatDoNotFitTheConfigurationAreNamed() throws {
        guard
            case .tensorMissing(_, "model.layers.3.input_layernorm.weight")? = try error(of: {
                try replace("\"num_hidden_layers\": 3", with: "\"num_hidden_layers\": 4", in: $0 + "/config.json")
            }),
            case .tensorUnexpected(_, "model.layers.2.input_layernorm.weight")? = try error(of: {
                try replace("\"num_hidden_layers\": 3", with: "\"num_hidden_layers\": 2", in: $0 + "/config.json")
            }),
            case .wrongShape(_, "model.layers.0.mlp.gate_proj.weight", [161, 64], [160, 64])? = try error(of: {
                try replace("\"intermediate_size\": 160", with: "\"intermediate_size\": 161", in: $0 + "/config.json")
            }),
            case .configuration(_, .unsupported(field: "hidden_act", _, _))? = try error(of: {
                try replace("\"silu\"", with: "\"relu\"", in: $0 + "/config.json")
            })
        else {
            Issue.record("a mismatch was reported as something else")
            return
        }
    }

    @Test func malformedIndexesAreRefused() throws {
        for index in ["{}", "[", #"{"weight_map": {"a": 1}}"#, #"{"weight_map": {"a": "../../etc/passwd"}}"#] {
            guard
                case .malformed? = try error(of: { path in
                    try FileManager.default.removeItem(atPath: path + "/model.safetensors")
                    try Data(index.utf8).write(to: URL(fileURLWithPath: path + "/model.safetensors.index.json"))
                })
            else {
                Issue.record("accepted: \(index)")
                continue
            }
        }
    }

    @Test func savingNeverReplacesWhatIsNoModel() throws {
        let model = try ModelDirectory(path: Fixtures.root + "/llama_dense")
        let directory = try TemporaryDirectory()
        let precious = try directory.write("important", to: "thesis.txt")
        #expect(throws: ModelDirectoryError.wouldOverwrite(path: directory.path, file: "thesis.txt")) {
            try model.save(to: directory.path)
        }
        #expect(throws: ModelDirectoryError.self) { try model.save(to: precious) }
        #expect(try String(contentsOfFile: precious, encoding: .utf8) == "important")
        #expect(throws: ModelDirectoryError.self) { try model.save(to: "/proc/nowhere/model") }
    }
}
