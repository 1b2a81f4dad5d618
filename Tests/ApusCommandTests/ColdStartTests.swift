import Foundation
import JSON
import Model
import Testing

/// `apus cold-start`: reproducible, and it learns.
@Suite struct ColdStartTests {
    private static let small = [
        "--hidden-size", "32", "--layers", "2", "--heads", "2", "--key-value-heads", "1", "--head-dimension", "16",
        "--experts", "4", "--experts-per-token", "2", "--expert-size", "24", "--maximum-positions", "64",
    ]

    private func make(_ scratch: ScratchDirectory, _ name: String, _ arguments: [String]) async throws -> Tool.Outcome {
        let run = try await Tool.run(["cold-start", "--out", scratch.file(name)] + Self.small + arguments)
        #expect(run.status == 0, "\(run.errors)")
        return run
    }

    @Test func theSameCommandGivesTheSameFile() async throws {
        let scratch = try ScratchDirectory()
        let course =
            ["--steps", "4", "--batch", "24", "--noise", "0.5", "--evaluation-prompts", "16"]
            + ["--set", "rollout.max_response_tokens=16"]
        let one = try await make(scratch, "one", course + ["--threads", "1"])
        let two = try await make(scratch, "two", course + ["--threads", "2"])
        _ = try await make(scratch, "other", course + ["--seed", "2"])
        for file in ["model.safetensors", "config.json", "tokenizer.json", "generation_config.json"] {
            #expect(try scratch.bytes("one/\(file)") == scratch.bytes("two/\(file)"), "\(file)")
        }
        #expect(try scratch.bytes("one/model.safetensors") != scratch.bytes("other/model.safetensors"))
        // The hash that is printed is the file's, and what was measured on the way is the same, too.
        let inspection = try await Tool.run("inspect", "--model", scratch.file("one"), "--json").json()
        let hash = try #require(inspection["files"]?.array?.first?["sha256"]?.string)
        #expect(one.output.contains(hash) && two.output.contains(hash))
        #expect(one.output.contains("held-out, greedy: ") && one.errors.contains("nats/token"))
        #expect(one.output.split(separator: "\n").dropLast() == two.output.split(separator: "\n").dropLast())
    }

    @Test func writesACompleteModelDirectory() async throws {
        let scratch = try ScratchDirectory()
        _ = try await make(scratch, "model", ["--steps", "1", "--batch", "4", "--evaluation-prompts", "0"])
        let model = try ModelDirectory(path: scratch.file("model"))
        let tokenizer = try model.tokenizer()
        #expect(model.configuration.family == .qwen3MoE && model.policy.precision == .bf16)
        #expect(model.configuration.experts?.count == 4 && !model.configuration.tiesEmbeddings)
        #expect(model.endTokens == [try #require(tokenizer.token(named: "<|endoftext|>"))])
        #expect(tokenizer.encode("3 5=15:") == "3 5=15:".utf8.map(Int32.init))
        #expect(model.configuration.vocabularySize == tokenizer.vocabularySize)
    }

    @Test func numbersCanBeTokens() async throws {
        let scratch = try ScratchDirectory()
        _ = try await make(
            scratch, "model", ["--number-tokens", "--steps", "1", "--batch", "4", "--evaluation-prompts", "0"])
        let model = try ModelDirectory(path: scratch.file("model"))
        let tokenizer = try model.tokenizer()
        #expect(model.configuration.vocabularySize == 256 + 90 + 3 && model.endTokens == [346])
        for number in 10...99 {
            #expect(tokenizer.encode("7 \(number)=") == [55, 32, Int32(256 + number - 10), 61])
        }
        for text in ["3 15 8=29:", "100+7", "1234567", "Grüße<|im_end|>"] {
            #expect(try tokenizer.decode(tokenizer.encode(text)) == text)
        }
    }

    /// With learning rate 0 the file holds the initial weights.
    @Test func initialWeightsAreNormal() async throws {
        let scratch = try ScratchDirectory()
        _ = try await make(
            scratch, "model",
            [
                "--steps", "1", "--batch", "4", "--learning-rate", "0", "--initial-deviation", "0.5",
                "--evaluation-prompts", "0", "--tied",
            ])
        let policy = try ModelDirectory(path: scratch.file("model"), precision: .fp32).policy
        #expect(policy.layout["lm_head.weight"] == nil)
        var values = [Float](repeating: 0, count: policy.layout.elementCount)
        values.withUnsafeMutableBufferPointer { policy.copy(to: $0) }
        var matrices: [Double] = []
        for tensor in policy.layout.tensors {
            if tensor.shape.count == 1 {
                #expect(values[tensor.range].allSatisfy { $0 == 1 })
            } else {
                matrices += values[tensor.range].map(Double.init)
            }
        }
        let count = Double(matrices.count)
        let mean = matrices.reduce(0, +) / count
        let deviation = (matrices.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
        // Five standard errors.
        #expect(abs(mean) < 5 * 0.5 / count.squareRoot())
        #expect(abs(deviation - 0.5) < 5 * 0.5 / (2 * count).squareRoot())
        let beyondOne = Double(matrices.count { abs($0) > 0.5 }) / count
        #expect(abs(beyondOne - 0.317) < 0.02)
        #expect(Set(matrices.prefix(1000)).count > 500)
    }

    /// A data set of two pairs is learned by heart, end token included.
    @Test func learnsADataset() async throws {
        let scratch = try ScratchDirectory()
        let pairs = try scratch.write(
            "{\"prompt\": \"swift \", \"response\": \"flies\"}\n\n{\"prompt\": \"fish \", \"response\": \"swims\"}\n",
            to: "pairs.jsonl")
        _ = try await make(
            scratch, "model",
            ["--dataset", pairs, "--steps", "60", "--batch", "8", "--learning-rate", "0.01", "--report-every", "20"])
        for (prompt, response) in [("swift ", "flies"), ("fish ", "swims")] {
            let run = try await Tool.run(
                "generate", "--model", scratch.file("model"), "--prompt", prompt, "--max-tokens", "16",
                "--temperature", "0")
            #expect(run.output == response + "\n")
        }
    }

    @Test func badInputIsNamed() async throws {
        let scratch = try ScratchDirectory()
        let pairs = try scratch.write("{\"prompt\": \"a\", \"response\": \"b\"}\n{\"prompt\": \"a\"}\n", to: "p.jsonl")
        let foreign = scratch.file("foreign")
        try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: true)
        _ = try scratch.write("mine", to: "foreign/notes.txt")
        let quick = Self.small + ["--steps", "1", "--batch", "2", "--evaluation-prompts", "0"]
        let cases: [(arguments: [String], status: Int32, complaint: String)] = [
            (["--dataset", pairs], 1, "p.jsonl:2: \"response\""),
            (["--key-value-heads", "3"], 1, "num_key_value_heads"),
            (["--head-dimension", "15"], 1, "head_dim"),
            (["--set", "task.countdown.nubers_maximum=4"], 1, "numbers_maximum"),
            (["--set", "task.countdown.target_minimum=60"], 1, "target_minimum"),
            (["--evaluation-prompts", "4", "--steps", "1000000"], 1, "rollout.max_response_tokens"),
            (["--noise", "1.5"], 64, "--noise"),
            (["--steps", "0"], 64, "--steps"),
            (["--threads", "0"], 64, "--threads"),
        ]
        for (arguments, status, complaint) in cases {
            let run = try await Tool.run(["cold-start", "--out", scratch.file("model")] + quick + arguments)
            #expect(run.status == status && run.errors.contains(complaint), "\(arguments): \(run.errors)")
        }
        let run = try await Tool.run(["cold-start", "--out", foreign] + quick)
        #expect(run.status == 1 && run.errors.contains("notes.txt"))
        #expect(try scratch.text("foreign/notes.txt") == "mine")
    }
}
