import Foundation
import Model
import Testing

/// `import`, `export` and `chat`, and every tool on a GGUF file.
@Suite struct ModelCommandTests {
    private let llama = Fixtures.path("gguf/llama.gguf")

    @Test func importsAGGUFFile() async throws {
        let scratch = try ScratchDirectory()
        let run = try await Tool.run("import", "--gguf", llama, "--out", scratch.file("model"))
        #expect(run.status == 0 && run.output.contains("llama") && run.output.contains("bf16"), "\(run.errors)")
        let model = try ModelDirectory(path: scratch.file("model"))
        #expect(model.configuration.family == .llama && model.policy.precision == .bf16)
        #expect(try ModelDirectory.loadTokenizer(path: scratch.file("model")).token(named: "<|im_end|>") != nil)
        let exact = try await Tool.run("import", "--gguf", llama, "--out", scratch.file("exact"), "--precision", "fp32")
        #expect(exact.status == 0)
        let expected = try GGUFModel(path: llama, precision: .fp32).directory().policy.sha256
        #expect(try ModelDirectory(path: scratch.file("exact")).policy.sha256 == expected)
    }

    @Test func importNamesWhatIsWrong() async throws {
        let scratch = try ScratchDirectory()
        let whole = try FileReading.read(llama, limit: 1 << 24)
        for (content, complaint) in [
            (Array(whole[..<40_000]), "truncated"), (Array("hello".utf8), "not a GGUF file"),
            ([], "not a GGUF file"),
        ] {
            try Data(content).write(to: URL(fileURLWithPath: scratch.file("bad.gguf")))
            let run = try await Tool.run("import", "--gguf", scratch.file("bad.gguf"), "--out", scratch.file("out"))
            #expect(
                run.status == 1 && run.errors.contains("bad.gguf") && run.errors.contains(complaint), "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: scratch.file("out")))
        }
        let absent = try await Tool.run("import", "--gguf", scratch.file("absent.gguf"), "--out", scratch.file("out"))
        #expect(absent.status == 1 && absent.errors.contains("absent.gguf"))
    }

    @Test func exportsInShardsAndPrecision() async throws {
        let scratch = try ScratchDirectory()
        let path = Fixtures.path("qwen2_moe_mixed")
        let run = try await Tool.run(
            "export", "--model", path, "--out", scratch.file("shards"), "--max-shard-size", "300KB")
        #expect(run.status == 0, "\(run.errors)")
        let files = try FileManager.default.contentsOfDirectory(atPath: scratch.file("shards"))
        #expect(files.contains("model.safetensors.index.json") && files.contains("generation_config.json"))
        #expect(files.contains("model-00002-of-00004.safetensors"))
        let original = try ModelDirectory(path: path)
        #expect(try ModelDirectory(path: scratch.file("shards")).policy.sha256 == original.policy.sha256)
        // Over what is there, in another precision, as one file.
        let again = try await Tool.run(
            "export", "--model", path, "--out", scratch.file("shards"), "--precision", "bf16")
        #expect(again.status == 0, "\(again.errors)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.file("shards")).contains("model.safetensors"))
        #expect(try ModelDirectory(path: scratch.file("shards")).policy.precision == .bf16)
        // Never over what is no model.
        _ = try scratch.write("precious", to: "thesis.txt")
        let refused = try await Tool.run("export", "--model", path, "--out", scratch.file("."))
        #expect(refused.status == 1 && refused.errors.contains("no part of a model"))
        for wrong in [["--max-shard-size", "5"], ["--precision", "int8"]] {
            let run = try await Tool.run(["export", "--model", path, "--out", scratch.file("wrong")] + wrong)
            #expect(run.status == 64)
        }
    }

    @Test func everyToolReadsGGUF() async throws {
        let scratch = try ScratchDirectory()
        let tokens = try scratch.write("{\"sequences\": [[1, 2, 3, 4]], \"prompt_lengths\": [2]}", to: "tokens.json")
        let text = try scratch.write("{\"text\": \"hello\"}\n", to: "text.jsonl")
        for arguments in [
            ["inspect"], ["generate", "--prompt", "hello", "--max-tokens", "3"],
            ["logprobs", "--tokens", tokens, "--out", scratch.file("logprobs.json")],
            ["gradients", "--tokens", tokens, "--out", scratch.file("gradients.safetensors")],
            ["tokenize", "--in", text, "--out", scratch.file("ids.jsonl")],
            ["export", "--out", scratch.file("model")],
        ] {
            let run = try await Tool.run(arguments + ["--model", llama])
            #expect(run.status == 0, "\(arguments): \(run.errors)")
        }
        // What was exported computes the same.
        _ = try await Tool.run(
            "logprobs", "--model", scratch.file("model"), "--tokens", tokens, "--out", scratch.file("again.json"))
        #expect(try scratch.text("again.json") == scratch.text("logprobs.json"))
    }

    @Test func chatAnswersAndRemembers() async throws {
        let arguments = ["chat", "--model", llama, "--template", "smollm2", "--max-tokens", "5", "--temperature", "0"]
        let once = try await Tool.run(arguments + ["--message", "Hello"])
        #expect(once.status == 0 && once.output.utf8.count > 1, "\(once.errors)")
        #expect(once.errors.contains("cut at the longest length"))
        // The second question sees the first turn; after /clear it is the first question again.
        let talk = try await Tool.run(arguments, input: "Hello\n\nHello\n/clear\nHello\n/exit\nnever asked\n")
        let answers = talk.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(talk.status == 0 && talk.output.hasPrefix(once.output) && talk.output.hasSuffix(once.output))
        #expect(talk.output.utf8.count > 2 * once.output.utf8.count && !answers.isEmpty)
    }

    @Test func chatNamesWhatDoesNotFit() async throws {
        let scratch = try ScratchDirectory()
        let unknown = try await Tool.run("chat", "--model", llama, "--message", "x")
        #expect(unknown.status == 1 && unknown.errors.contains("--template"))
        let budget = try await Tool.run(
            "chat", "--model", llama, "--message", "x", "--template", "smollm2", "--thinking-budget", "5")
        #expect(budget.status == 1 && budget.errors.contains("no thinking mode"))
        let bare = try await Tool.run(
            "chat", "--model", Fixtures.path("qwen3_dense"), "--message", "x", "--template", "qwen3")
        #expect(bare.status == 1 && bare.errors.contains("tokenizer.json"))
        let absent = try await Tool.run("chat", "--model", scratch.file("absent"), "--message", "x")
        #expect(absent.status == 1 && absent.errors.contains("absent"))
    }
}
