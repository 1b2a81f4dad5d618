import Foundation
import JSON
import Model
import Testing

/// The benchmarks' form; their numbers depend on the machine.
@Suite struct BenchCommandTests {
    private static let model = Fixtures.path("qwen3_moe")

    @Test func gemm() async throws {
        let run = try await Tool.run("bench", "gemm", "--rows", "1,8", "--sizes", "64", "--repetitions", "3", "--json")
        let result = try run.json()
        let shapes = try #require(result["shapes"]?.array)
        // Two row counts for three products in fp32, three in bf16, and the yardstick.
        #expect(shapes.count == 14)
        for shape in shapes {
            let share = try #require(shape["share_of_peak"])
            let values = try ["minimum", "median", "maximum"].map { try #require(share[$0]?.number) }
            #expect(values == values.sorted() && values[0] > 0)
            #expect(share["repetitions"]?.integer == 3)
        }
        let peaks = try ["peak_flop_per_second", "bf16_peak_flop_per_second"].map {
            try #require(result[$0]?["median"]?.number)
        }
        #expect(peaks[0] > 1e8 && peaks[1] > 1e8)
        #expect(result["machine"]?["cores"]?.integer == ProcessInfo.processInfo.activeProcessorCount)
    }

    @Test func tokenizer() async throws {
        let scratch = try ScratchDirectory()
        let text = try scratch.write("The quick brown fox jumps over the lazy dog. Größe, 世界!\n", to: "text.txt")
        let run = try await Tool.run(
            "bench", "tokenizer", "--model", Fixtures.path("gguf/llama.gguf"), "--in", text, "--megabytes", "1",
            "--repetitions", "2", "--json")
        let result = try run.json()
        #expect(try #require(result["bytes"]?.integer) > 900_000)
        for key in ["encoded_bytes_per_second", "decoded_bytes_per_second"] {
            #expect(try #require(result[key]?["minimum"]?.number) > 1e3)
        }
        let empty = try scratch.write("", to: "empty.txt")
        let refused = try await Tool.run(
            "bench", "tokenizer", "--model", Fixtures.path("gguf/llama.gguf"), "--in", empty)
        #expect(refused.status == 1 && refused.errors.contains("empty.txt"))
    }

    @Test func transport() async throws {
        let run = try await Tool.run(
            "bench", "transport", "--messages", "200", "--pieces", "4", "--piece-bytes", "10000", "--repetitions", "2",
            "--json")
        let result = try run.json()
        for security in ["cleartext", "curve"] {
            for key in ["messages_per_second", "bytes_per_second", "round_trip_seconds"] {
                #expect(try #require(result[security]?[key]?["minimum"]?.number) > 0)
            }
        }
    }

    @Test func decode() async throws {
        let scratch = try ScratchDirectory()
        let run = try await Tool.run(
            "bench", "decode", "--model", Self.model, "--batches", "1,4", "--new-tokens", "8", "--repetitions", "2",
            "--out", scratch.file("decode.json"))
        #expect(run.status == 0 && run.output.contains("tokens/s"), "\(run.errors)")
        #expect(try scratch.text("decode.json").contains("\"tokens_per_second\""))
    }

    @Test func learner() async throws {
        let run = try await Tool.run(
            "bench", "learner", "--model", Self.model, "--groups", "2", "--group-size", "3", "--prompt-tokens", "4",
            "--response-tokens", "5", "--repetitions", "2", "--json")
        let result = try run.json()
        // Each group: 4 prompt rows and 3 × 4 response rows.
        #expect(result["tokens_computed"]?.integer == 32)
        for key in ["forward_tokens_per_second", "training_tokens_per_second", "update_seconds"] {
            #expect(try #require(result[key]?["median"]?.number) > 0)
        }
    }

    @Test func badInputIsNamed() async throws {
        let cases: [(arguments: [String], status: Int32, complaint: String)] = [
            (["gemm", "--rows", "1,x"], 64, "\"x\""),
            (["gemm", "--instruction-set", "abacus"], 64, "\"abacus\""),
            (["decode", "--model", Self.model, "--batches", ""], 64, "--batches"),
            (["decode", "--model", "/absent"], 1, "/absent"),
            (["learner", "--model", Self.model, "--response-tokens", "5000"], 1, "max_position_embeddings"),
        ]
        for (arguments, status, complaint) in cases {
            let run = try await Tool.run(["bench"] + arguments)
            #expect(run.status == status && run.errors.contains(complaint), "\(arguments): \(run.status) \(run.errors)")
        }
    }
}
