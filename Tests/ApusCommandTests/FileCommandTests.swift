import Foundation
import JSON
import Model
import Testing

/// `tokenize`, `verify` and `inspect`.
@Suite struct FileCommandTests {
    private let texts = [
        "", "hello", "two  blanks\nand a line\t!", "\"quotes\" \\ and \u{1}", "Grüße, 世界 🐦",
        "<|im_start|>user\nhi<|im_end|>",
    ]

    private func model(_ scratch: ScratchDirectory) throws -> String {
        try scratch.makeDirectory("model")
        _ = try scratch.write(String(decoding: Tokenizer.byteLevelJSON(), as: UTF8.self), to: "model/tokenizer.json")
        return scratch.file("model")
    }

    private func lines(_ key: String, _ values: [JSONValue]) -> String {
        values.map { value in
            let object = JSONObject(members: [.init(key: key, value: value)])
            return String(decoding: JSONWriter.write(.object(object)), as: UTF8.self) + "\n"
        }.joined()
    }

    @Test func tokenizesAndBack() async throws {
        let scratch = try ScratchDirectory()
        let model = try model(scratch)
        let input = try scratch.write(lines("text", texts.map { .string($0) }), to: "text.jsonl")
        var run = try await Tool.run("tokenize", "--model", model, "--in", input, "--out", scratch.file("ids.jsonl"))
        #expect(run.status == 0, "\(run.errors)")
        let ids = try scratch.text("ids.jsonl").split(separator: "\n").map { line in
            try JSONValue.parse(String(line))["ids"]?.numbers ?? []
        }
        #expect(ids.count == texts.count)
        #expect(ids[1] == [104, 101, 108, 108, 111])
        #expect(ids[5].first == 257 && ids[5].last == 258)
        run = try await Tool.run(
            "tokenize", "--model", model, "--decode", "--in", scratch.file("ids.jsonl"), "--out",
            scratch.file("back.jsonl"))
        #expect(run.status == 0, "\(run.errors)")
        #expect(try scratch.text("back.jsonl") == scratch.text("text.jsonl"))
        run = try await Tool.run(
            "tokenize", "--model", model, "--plain", "--in", input, "--out", scratch.file("plain.jsonl"))
        #expect(try !scratch.text("plain.jsonl").contains("257"))
    }

    @Test func tokenizeNamesBadInput() async throws {
        let scratch = try ScratchDirectory()
        let model = try model(scratch)
        let cases: [(content: String, flags: [String], complaint: String)] = [
            ("{\"text\": \"a\"}\n{\"txt\": \"b\"}\n", [], "in.jsonl:2: \"text\""),
            ("{\"text\": \"a\"}\nnonsense\n", [], "in.jsonl:2: not valid JSON"),
            ("[1]\n", [], "in.jsonl:1: not a JSON object"),
            ("{\"ids\": [1, \"x\"]}\n", ["--decode"], "in.jsonl:1"),
            ("{\"ids\": [1, 259]}\n", ["--decode"], "259"),
            ("{\"ids\": [1, 99999999999]}\n", ["--decode"], "in.jsonl:1"),
        ]
        for (content, flags, complaint) in cases {
            let input = try scratch.write(content, to: "in.jsonl")
            let run = try await Tool.run(
                ["tokenize", "--model", model, "--in", input, "--out", scratch.file("out.jsonl")] + flags)
            #expect(run.status == 1 && run.errors.contains(complaint), "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: scratch.file("out.jsonl")))
        }
        let run = try await Tool.run(
            "tokenize", "--model", scratch.file("."), "--in", scratch.file("in.jsonl"), "--out", scratch.file("out"))
        #expect(run.status == 1 && run.errors.contains("tokenizer.json"))
    }

    @Test func verifiesAsTheVerifierDoes() async throws {
        let scratch = try ScratchDirectory()
        let input = try scratch.write(
            """
            {"response": "8*3+5", "payload": {"numbers": [3, 5, 8], "target": 29}}
            {"response": "8*3", "payload": {"numbers": [3, 5, 8], "target": 29}}
            {"response": "8*3", "payload": {"goal": 29}}

            """, to: "cases.jsonl")
        let run = try await Tool.run("verify", "--kind", "countdown", "--in", input)
        let verdicts = try run.output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        #expect(verdicts.map { $0["verdict"]?.string } == ["correct", "wrong", "unknown"])
        #expect(verdicts.map { $0["score"]?.number } == [1, 0, nil])
        #expect(verdicts[2]["reason"]?.string == "malformed_task")
        let stranger = try await Tool.run("verify", "--kind", "chess", "--in", input)
        #expect(stranger.status == 1 && stranger.errors.contains("countdown"))
    }

    @Test func verifiesPairsOnAnyNumberOfThreads() async throws {
        let scratch = try ScratchDirectory()
        let count = 5_000
        let lines = (0..<count).map { number in
            #"{"prediction": "It is \\boxed{\\frac{\#(number)}{2}}.", "gold": "\#(number % 3).5"}"# + "\n"
        }
        let input = try scratch.write(lines.joined(), to: "cases.jsonl")
        let expected = (0..<count).map { $0 == 2 * ($0 % 3) + 1 ? "correct" : "wrong" }
        for threads in ["1", "3"] {
            let out = scratch.file("verdicts.jsonl")
            let run = try await Tool.run(
                "verify", "--kind", "math", "--in", input, "--out", out, "--threads", threads)
            #expect(run.status == 0, "\(run.errors)")
            let verdicts = try scratch.text("verdicts.jsonl").split(separator: "\n").map { line in
                try JSONValue.parse(String(line))["verdict"]?.string ?? ""
            }
            #expect(verdicts == expected)
        }
        let exact = try await Tool.run(
            ["verify", "--kind", "exact", "--in", "-"], input: #"{"prediction":"7","gold":"7"}"#)
        #expect(exact.output.contains("correct"), "\(exact.errors)")
    }

    @Test func verifyNamesBadLines() async throws {
        let scratch = try ScratchDirectory()
        let good = #"{"prediction": "7", "gold": "7"}"# + "\n"
        let cases: [(kind: String, content: String, complaint: String)] = [
            ("math", good + "\n" + "nonsense\n", "cases.jsonl:3: not valid JSON"),
            ("math", good + #"{"prediction": "7"}"#, "cases.jsonl:2: \"gold\""),
            ("math", #"{"gold": "7", "prediction": 7}"#, "cases.jsonl:1: \"prediction\""),
            ("math", "[]", "cases.jsonl:1: not a JSON object"),
            ("math", #"{"response": "7"}"#, "cases.jsonl:1: \"payload\""),
            ("countdown", good, "cases.jsonl:1: kind \"countdown\""),
        ]
        for (kind, content, complaint) in cases {
            let input = try scratch.write(content, to: "cases.jsonl")
            let run = try await Tool.run("verify", "--kind", kind, "--in", input, "--threads", "2")
            #expect(run.status == 1 && run.errors.contains(complaint), "\(run.errors)")
        }
        let missing = try await Tool.run("verify", "--kind", "math", "--in", scratch.file("none"))
        #expect(missing.status == 1 && missing.errors.contains("none"))
    }

    @Test func inspectsACheckpoint() async throws {
        let path = Fixtures.path("qwen3_moe")
        let report = try await Tool.run("inspect", "--model", path, "--json").json()
        let model = try ModelDirectory(path: path)
        #expect(report["family"]?.string == "qwen3_moe")
        #expect(report["parameters"]?.integer == model.policy.layout.elementCount)
        #expect(report["policy_sha256"]?.string == Hexadecimal.text(model.policy.sha256))
        #expect(report["tensors"]?.array?.count == model.policy.layout.tensors.count)
        let text = try await Tool.run("inspect", "--model", path, "--tensors")
        #expect(text.status == 0 && text.output.contains("model.layers.1.mlp.experts.3.down_proj.weight"))
    }
}
