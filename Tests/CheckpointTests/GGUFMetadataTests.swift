import JSON
import Model
import Testing

/// Metadata that other writers of GGUF put into the golden files' place.
@Suite struct GGUFMetadataTests {
    private enum Value {
        case unsigned(UInt64)
        case float(Float)
        case boolean(Bool)
        case string(String)

        /// The code of its type, and it.
        var bytes: [UInt8] {
            switch self {
            case .unsigned(let value): GGUFBytes.integer(UInt32(10)) + GGUFBytes.integer(value)
            case .float(let value): GGUFBytes.integer(UInt32(6)) + GGUFBytes.integer(value.bitPattern)
            case .boolean(let value): GGUFBytes.integer(UInt32(7)) + [value ? 1 : 0]
            case .string(let value): GGUFBytes.integer(UInt32(8)) + GGUFBytes.string(value)
            }
        }
    }

    /// A golden file with `entries` in place of its own of these names, and without its own entry `removed`.
    private func model(
        _ name: String, _ entries: [(key: String, value: Value)], without removed: String? = nil
    ) throws -> GGUFModel {
        var bytes = try FileReading.read(GGUFTests.root + "/\(name).gguf", limit: 1 << 24)
        var added: [UInt8] = []
        for key in entries.map(\.key) + [removed].compactMap(\.self) {
            // Under another name it means nothing.
            if let own = bytes.firstRange(of: GGUFBytes.string(key)) { bytes[own.upperBound - 1] = UInt8(ascii: "~") }
        }
        for entry in entries { added += GGUFBytes.string(entry.key) + entry.value.bytes }
        // The data begin at a multiple of 32, where they must stay.
        let filled = added.count + GGUFBytes.string("filler").count + Value.string("").bytes.count
        added += GGUFBytes.string("filler") + Value.string(String(repeating: " ", count: (32 - filled % 32) % 32)).bytes
        let count = bytes[16..<24].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
        bytes.replaceSubrange(16..<24, with: GGUFBytes.integer(count + UInt64(entries.count) + 1) + added)
        let scratch = try TemporaryDirectory()
        return try GGUFModel(path: scratch.write(bytes, to: "model.gguf"))
    }

    private func yarn(_ entries: [(key: String, value: Value)]) throws -> RotaryEmbedding.YaRN? {
        let always: [(key: String, value: Value)] = [
            ("qwen3.rope.scaling.type", .string("yarn")), ("qwen3.rope.scaling.factor", .float(4)),
            ("qwen3.rope.scaling.original_context_length", .unsigned(32)),
        ]
        guard case .yarn(let yarn) = try model("qwen3", always + entries).configuration.rotary.scaling else {
            return nil
        }
        return yarn
    }

    /// llama.cpp multiplies the paper's factor, 0.1·ln 4 + 1 = 1.1386, by what is stated, and its own writer states 1.
    @Test func theAttentionFactorOfYaRNIsAMultiple() throws {
        #expect(try yarn([]) == .init(factor: 4, originalPositions: 32))
        #expect(try yarn([("qwen3.rope.scaling.attn_factor", .float(1))]) == .init(factor: 4, originalPositions: 32))
        let half = try #require(try yarn([("qwen3.rope.scaling.attn_factor", .float(0.5))])?.attentionFactor)
        #expect(abs(half - 0.5693147) < 1e-6)
        for key in ["yarn_ext_factor", "yarn_attn_factor", "yarn_log_multiplier"] {
            let error = #expect(throws: GGUFError.self) { try yarn([("qwen3.rope.scaling." + key, .float(0.5))]) }
            guard case .unsupported(what: "qwen3.rope.scaling." + key, _, _)? = error?.problem else {
                Issue.record("\(key): \(String(describing: error))")
                continue
            }
        }
    }

    @Test(arguments: [0, 1025, 1 << 62, UInt64.max])
    func absurdNumbersOfLayersAreRefused(_ layers: UInt64) throws {
        let error = #expect(throws: GGUFError.self) {
            try model("qwen3moe", [("qwen3moe.block_count", .unsigned(layers))])
        }
        let named = ["block_count", "num_hidden_layers", "no layer has experts"].contains {
            error?.description.contains($0) ?? false
        }
        #expect(named, "\(String(describing: error))")
    }

    /// Llama 3's prompts begin with a token of their own unless the file says otherwise; Qwen's only if it says so.
    @Test func promptsBeginAsInLlamaCPP() throws {
        let bos = (key: "tokenizer.ggml.bos_token_id", value: Value.unsigned(5))
        func flag(_ value: Bool) -> (key: String, value: Value) { ("tokenizer.ggml.add_bos_token", .boolean(value)) }
        let llama3 = "qwen3moe"
        let cases: [(name: String, entries: [(key: String, value: Value)], start: [Int32])] = [
            (llama3, [bos], [5]), (llama3, [bos, flag(true)], [5]), (llama3, [bos, flag(false)], []),
            ("qwen2", [bos], []), ("qwen2", [bos, flag(true)], [5]),
        ]
        for (name, entries, start) in cases {
            let directory = try model(name, entries, without: flag(true).key).directory()
            #expect(try directory.tokenizer().promptStart == start, "\(name) \(entries)")
            let settings = try JSONValue.parse(try #require(directory.companions["tokenizer_config.json"]))
            #expect(settings["add_bos_token"]?.boolean == !start.isEmpty)
        }
        let error = #expect(throws: GGUFError.self) { try model("qwen2", [flag(true)], without: bos.key) }
        #expect(error?.description.contains("begins every prompt") ?? false, "\(String(describing: error))")
    }
}
