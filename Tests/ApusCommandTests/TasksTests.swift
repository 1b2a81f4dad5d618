import Foundation
import JSON
import Model
import Testing

/// `apus tasks` on files and procedural tasks.
@Suite struct TasksTests {
    private static let policy = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Cluster/policies/countdown")
        .path

    private func tasks(_ sources: String, _ arguments: String...) async throws -> Tool.Outcome {
        try await Tool.run(["tasks", "--model", Self.policy, "--set", "task.sources=\(sources)"] + arguments)
    }

    @Test func theFirstPromptsOfAMixtureAreShown() async throws {
        let scratch = try ScratchDirectory()
        let lines = (0..<40).map { #"{"prompt":"q\#($0)","answer":"\#($0)","verifier":"exact"}"# }
        let file = try scratch.write(lines.joined(separator: "\n"), to: "tasks.jsonl")
        let run = try await tasks("[{file: \(file), hold_out: 0.25}, {kind: letter-count}]", "--prompts", "10")
        #expect(run.status == 0, "\(run.errors)")
        let shown = try run.output.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        #expect(shown.count == 10)
        #expect(shown.count { $0["verifier"]?.string == "exact" } == 5)
        #expect(shown.allSatisfy { ($0["tokens"]?.integer ?? 0) > 0 })
        #expect(run.errors.contains("tasks.jsonl: 40 lines"))
        let held = try await tasks("[{file: \(file), hold_out: 0.25}]", "--evaluation", "--prompts", "1000")
        let count = held.output.split(separator: "\n").count
        #expect(count > 0 && count < 20 && run.errors.contains("\(count) held out"), "\(held.errors)")
    }

    @Test func aBadLineIsNamed() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write("{\"prompt\": \"a\", \"verifier\": \"exact\"}\n{\n", to: "tasks.jsonl")
        let run = try await tasks("[{file: \(file)}]")
        #expect(run.status == 1)
        #expect(run.errors.contains("\(file):1: ") && run.errors.contains("\(file):2: "), "\(run.errors)")
    }

    @Test func nothingHeldOutCannotBeEvaluated() async throws {
        let scratch = try ScratchDirectory()
        let file = try scratch.write(#"{"prompt":"a","answer":"b","verifier":"exact"}"#, to: "tasks.jsonl")
        let run = try await Tool.run(
            ["evaluate", "--model", Self.policy, "--set", "task.sources=[{file: \(file)}]", "--prompts", "4"])
        #expect(run.status == 1 && run.errors.contains("hold_out"), "\(run.errors)")
    }
}
