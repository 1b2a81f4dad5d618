import Foundation
import JSON
import Model
import ModelTestSupport
import Testing

/// `logprobs`, `gradients` and `generate` against values that transformers computed.
@Suite struct ParityCommandTests {
    private func tokens(_ fixture: ModelFixture, _ scratch: ScratchDirectory) throws -> String {
        try scratch.write("{\"sequences\": \(fixture.sequences), \"prompt_lengths\": [1, 1, 1]}", to: "tokens.json")
    }

    @Test(arguments: ModelFixture.names)
    func logProbabilitiesAgreeWithTransformers(name: String) async throws {
        let fixture = try ModelFixture(name)
        let scratch = try ScratchDirectory()
        let run = try await Tool.run(
            "logprobs", "--model", Fixtures.path(name), "--tokens", try tokens(fixture, scratch), "--out",
            scratch.file("out.json"), "--experts")
        #expect(run.status == 0, "\(run.errors)")
        let document = try JSONValue.parse(scratch.bytes("out.json"))
        let lists = try #require(document["logprobs"]?.array)
        let golden = try fixture.array("logprobs")
        for (index, sequence) in fixture.sequences.enumerated() {
            let found = lists[index].numbers.map { Float($0) }
            let expected = Array(golden.values[index * golden.shape[1]..<index * golden.shape[1] + sequence.count - 1])
            #expect(found.count == expected.count)
            #expect(relativeMaximumError(found, expected) < 1e-5)
        }
        try checkExperts(document, fixture)
    }

    private func checkExperts(_ document: JSONValue, _ fixture: ModelFixture) throws {
        let layers = fixture.configuration.sparseLayers
        #expect(document["expert_layers"]?.numbers == layers.map(Double.init))
        let experts = try #require(document["experts"]?.array)
        for (index, sequence) in fixture.sequences.enumerated() {
            let rows = try #require(experts[index].array)
            #expect(rows.count == sequence.count - 1)
            for row in rows {
                let chosen = try #require(row.array)
                #expect(chosen.count == layers.count)
                for ids in chosen {
                    #expect(ids.numbers.count == fixture.configuration.experts?.topK)
                    #expect(ids.numbers == Set(ids.numbers).sorted())
                }
            }
        }
    }

    @Test(arguments: ModelFixture.names)
    func gradientsAgreeWithTransformers(name: String) async throws {
        let fixture = try ModelFixture(name)
        let scratch = try ScratchDirectory()
        let run = try await Tool.run(
            "gradients", "--model", Fixtures.path(name), "--tokens", try tokens(fixture, scratch), "--out",
            scratch.file("out.safetensors"))
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.hasPrefix("loss "))
        let found = try SafetensorsFile(path: scratch.file("out.safetensors"))
        let golden = try fixture.arena("grads_nll")
        #expect(Set(found.tensors.map(\.name)) == Set(golden.layout.tensors.map(\.name)))
        for tensor in golden.layout.tensors {
            let stored = try #require(found[tensor.name])
            #expect(stored.shape == tensor.shape && stored.format == .float32)
            let values = found.withTensor(stored) { bytes in
                (0..<stored.count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
            }
            #expect(relativeFrobeniusError(values, golden.values(tensor)) < 1e-4, "\(tensor.name)")
        }
    }

    /// Only completion tokens count: the sum over two ways of splitting must be the gradient of the whole.
    @Test func promptLengthsSelectTheTokens() async throws {
        let scratch = try ScratchDirectory()
        func gradient(_ sequence: String, _ length: Int) async throws -> (values: [Float], loss: Double) {
            let path = try scratch.write(
                "{\"sequences\": [\(sequence)], \"prompt_lengths\": [\(length)]}", to: "tokens.json")
            let run = try await Tool.run(
                "gradients", "--model", Fixtures.path("qwen3_moe"), "--tokens", path, "--out", scratch.file("g"))
            #expect(run.status == 0, "\(run.errors)")
            let file = try SafetensorsFile(path: scratch.file("g"))
            let values = file.tensors.flatMap { tensor in
                file.withTensor(tensor) { bytes in
                    (0..<tensor.count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
                }
            }
            return (values, try #require(Double(run.output.split(separator: " ")[1])))
        }
        // Log-probabilities of tokens 1–2, of tokens 3–5, and of all five.
        let head = try await gradient("[8, 24, 67]", 1)
        let tail = try await gradient("[8, 24, 67, 103, 87, 79]", 3)
        let whole = try await gradient("[8, 24, 67, 103, 87, 79]", 1)
        #expect(abs((2 * head.loss + 3 * tail.loss) / 5 - whole.loss) < 1e-6)
        let sum = zip(head.values, tail.values).map { (2 * $0 + 3 * $1) / 5 }
        #expect(relativeFrobeniusError(sum, whole.values) < 1e-5)
    }

    @Test(arguments: ModelFixture.names)
    func greedyGenerationAgreesWithTransformers(name: String) async throws {
        let golden = try ModelFixture(name).inputs.greedy
        let run = try await Tool.run(
            "generate", "--model", Fixtures.path(name), "--prompt-tokens",
            golden.prompt.map(String.init).joined(separator: ","), "--max-tokens", "\(golden.tokens.count)",
            "--temperature", "0", "--json")
        #expect(run.status == 0, "\(run.errors)")
        let response = try run.json()
        #expect(response["tokens"]?.numbers == golden.tokens.map(Double.init))
        #expect(response["finish"]?.string == "length")
        let found = try #require(response["logprobs"]).numbers.map { Float($0) }
        // Some of these tokens are all but certain: log-probabilities near 0 are compared as those near 1.
        #expect(zip(found, golden.logprobs).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($1)) })
    }

    @Test func generationIsKeyedBySeedAndSample() async throws {
        func generate(seed: Int, samples: Int, threads: Int) async throws -> [String] {
            let run = try await Tool.run(
                "generate", "--model", Fixtures.path("qwen3_moe"), "--prompt-tokens", "5,6,7", "--max-tokens", "12",
                "--seed", "\(seed)", "--samples", "\(samples)", "--threads", "\(threads)", "--json")
            #expect(run.status == 0, "\(run.errors)")
            return run.output.split(separator: "\n").map(String.init)
        }
        let one = try await generate(seed: 3, samples: 1, threads: 1)
        let four = try await generate(seed: 3, samples: 4, threads: 2)
        let other = try await generate(seed: 4, samples: 1, threads: 1)
        #expect(four.count == 4 && four[0] == one[0])
        #expect(Set(four.map { $0.split(separator: "\"logprobs\"")[0].suffix(40) }).count == 4)
        #expect(other != one)
    }

    /// What each piece of bad input must be answered with: exit code 1 and words that name it.
    struct BadInput: Sendable, CustomTestStringConvertible {
        let tokens: String
        let complaint: String
        var testDescription: String { complaint }
    }

    static let badInputs = [
        BadInput(tokens: "{\"sequences\": [[1, 256]], \"prompt_lengths\": [1]}", complaint: "256 is no token id"),
        BadInput(tokens: "{\"sequences\": [[1, -1]], \"prompt_lengths\": [1]}", complaint: "-1 is no token id"),
        BadInput(tokens: "{\"sequences\": [[1, 2.5]], \"prompt_lengths\": [1]}", complaint: "2.5 is no token id"),
        BadInput(tokens: "{\"sequences\": [[1, 2], []], \"prompt_lengths\": [1, 1]}", complaint: "sequence 1 is empty"),
        BadInput(tokens: "{\"sequences\": [[1, 2]], \"prompt_lengths\": [3]}", complaint: "prompt length 3"),
        BadInput(tokens: "{\"sequences\": [[1, 2]], \"prompt_lengths\": [0]}", complaint: "prompt length 0"),
        BadInput(tokens: "{\"sequences\": [[1, 2]], \"prompt_lengths\": [1, 1]}", complaint: "one per sequence"),
        BadInput(tokens: "{\"sequences\": []}", complaint: "at least one list"),
        BadInput(tokens: "{\"sequences\": 7}", complaint: "at least one list"),
        BadInput(tokens: "{\"sequences\": [[1, 2]", complaint: "not valid JSON at byte"),
        BadInput(tokens: "", complaint: "not valid JSON"),
    ]

    @Test(arguments: badInputs, ["logprobs", "gradients"])
    func badInputIsNamed(input: BadInput, command: String) async throws {
        let scratch = try ScratchDirectory()
        let path = try scratch.write(input.tokens, to: "tokens.json")
        let run = try await Tool.run(
            command, "--model", Fixtures.path("qwen3_dense"), "--tokens", path, "--out", scratch.file("out"))
        #expect(run.status == 1)
        #expect(run.errors.contains(input.complaint) && run.errors.contains("tokens.json"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: scratch.file("out")))
    }

    @Test func missingFilesAndFieldsAreNamed() async throws {
        let scratch = try ScratchDirectory()
        let tokens = try scratch.write("{\"sequences\": [[1, 2]]}", to: "tokens.json")
        let out = scratch.file("out")
        let model = Fixtures.path("qwen3_dense")
        let cases: [(arguments: [String], complaint: String)] = [
            (["gradients", "--model", model, "--tokens", tokens, "--out", out], "\"prompt_lengths\" is missing"),
            (["logprobs", "--model", model, "--tokens", "/absent.json", "--out", out], "/absent.json"),
            (["logprobs", "--model", "/absent", "--tokens", tokens, "--out", out], "no model directory at /absent"),
            (["logprobs", "--model", model, "--tokens", tokens, "--out", "/absent/out"], "/absent/out"),
            (["generate", "--model", model, "--prompt", "hello"], "tokenizer.json"),
            (["generate", "--model", model, "--prompt-tokens", "1,x"], "\"x\" is no token id"),
            (["generate", "--model", model, "--prompt-tokens", "1", "--max-tokens", "1000000"], "--max-tokens"),
            (["generate", "--model", model, "--prompt-tokens", "999"], "999"),
        ]
        for (arguments, complaint) in cases {
            let run = try await Tool.run(arguments)
            #expect(run.status == 1 && run.errors.contains(complaint), "\(arguments): \(run.status) \(run.errors)")
        }
    }

    /// A sequence of one token has nothing to predict, and takes no other sequence with it.
    @Test func aSingleTokenHasNoLogProbability() async throws {
        let scratch = try ScratchDirectory()
        func logProbabilities(_ sequences: String) async throws -> [[Double]] {
            let path = try scratch.write("{\"sequences\": \(sequences)}", to: "tokens.json")
            let run = try await Tool.run(
                "logprobs", "--model", Fixtures.path("qwen3_moe"), "--tokens", path, "--out", scratch.file("out"))
            #expect(run.status == 0, "\(run.errors)")
            let document = try JSONValue.parse(scratch.bytes("out"))
            return document["logprobs"]?.array?.map(\.numbers) ?? []
        }
        let together = try await logProbabilities("[[7], [1, 2, 3], [9]]")
        let alone = try await logProbabilities("[[1, 2, 3]]")
        #expect(together == [[], alone[0], []])
    }
}
