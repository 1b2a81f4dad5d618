import Foundation
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
    @Test(arguments: ["qwen3_moe", "qwen2_moe_mixed"])
    func fusedExpertsLoadAsSingleOnes(_ name: String) throws {
        let source = Fixtures.root + "/" + name
        let model = try ModelDirectory(path: source)
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(atPath: source + "/config.json", toPath: directory.path + "/config.json")
        var pieces: [(name: String, shape: [Int], bytes: [UInt8])] = []
        func bytes(_ tensor: ParameterTensor) -> [UInt8] { model.policy.withTensor(tensor) { Array($0) } }
        for tensor in model.policy.layout.tensors where !tensor.name.contains(".experts.") {
            pieces.append((tensor.name, tensor.shape, bytes(tensor)))
        }
        for (index, layer) in model.policy.layout.layers.enumerated() {
            guard case .sparse(let sparse) = layer.feedForward else { continue }
            let inner = sparse.experts[0].gate.shape[0]
            let prefix = "model.layers.\(index).mlp.experts."
            pieces.append(
                (
                    prefix + "gate_up_proj", [sparse.experts.count, 2 * inner, 64],
                    sparse.experts.flatMap { bytes($0.gate) + bytes($0.up) }
                ))
            pieces.append(
                (prefix + "down_proj", [sparse.experts.count, 64, inner], sparse.experts.flatMap { bytes($0.down) }))
        }
        let contents = pieces.map { piece in
            piece.bytes.withUnsafeBytes { SharedBytes(copying: $0) }
        }
        let entries = zip(pieces, contents).map { piece, content in
            content.withUnsafeBytes {
                SafetensorsWriter.Entry(name: piece.name, format: .float32, shape: piece.shape, bytes: $0)
            }
        }
        try withExtendedLifetime(contents) {
            try SafetensorsWriter.write(entries, to: directory.path + "/model.safetensors")
        }
        #expect(try ModelDirectory(path: directory.path).policy.sha256 == model.policy.sha256)
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
