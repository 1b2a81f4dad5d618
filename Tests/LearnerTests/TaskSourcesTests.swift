import Configuration
import Foundation
import Learner
import Model
import Reward
import Testing

/// From the configuration's sources to the prompts that are leased.
@Suite struct TaskSourcesTests {
    /// A file of the given lines, and the sources of `yaml` in which FILE stands for its path.
    private func sources<Result>(
        _ lines: [String], _ yaml: String, chat: ChatSettings? = nil, longestPrompt: Int = 1000,
        _ body: (TaskSources, PromptEncoder) throws -> Result
    ) throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
        let file = directory.appendingPathComponent("tasks.jsonl")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        var run = RunConfiguration()
        try run.apply(
            yaml: "task:\n  sources:\n" + yaml.replacingOccurrences(of: "FILE", with: file.path), named: "run.yaml")
        try run.validate()
        let encoder = try PromptEncoder(Self.tokenizer(chat == nil ? "gpt2" : "qwen2"), chat: chat)
        return try body(
            TaskSources(run.task, seed: 7, encoder: encoder, longestPrompt: longestPrompt), encoder)
    }

    private static func tokenizer(_ name: String) throws -> Tokenizer {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/tokenizer/\(name).json")
        return try Tokenizer(json: Array(Data(contentsOf: file)))
    }

    private let lines = (0..<40).map { #"{"prompt":"q\#($0)","answer":"\#($0)","verifier":"exact"}"# }

    @Test func aMixtureOfAFileAndATaskIsLeased() throws {
        let yaml = """
                - {file: FILE, weight: 3, hold_out: 0.25, options: {marker: "=>"}}
                - {kind: sorting, difficulty: 2}
            """
        try sources(lines, yaml) { tasks, encoder in
            let prompts = try TaskPrompts(tasks.source, encoder: encoder)
            let leased = (0..<400).map { prompts.prompt($0) }
            #expect(leased.count { $0.verifierKind == "exact" } == 300)
            #expect(leased.count { $0.verifierKind == "sorted" } == 100)
            for prompt in leased {
                #expect(prompt.tokens == encoder.encode(prompt.text).tokens)
                let isFile = prompt.verifierKind == "exact"
                #expect(String(decoding: prompt.payload, as: UTF8.self).contains(#""marker":"=>""#) == isFile)
            }
            let summary = try #require(tasks.files.first?.summary)
            #expect(summary.lines == 40 && summary.training + summary.evaluation == 40 && summary.evaluation > 0)
            let trained = Set(leased.filter { $0.verifierKind == "exact" }.map(\.text))
            #expect(trained.count == summary.training)
        }
        // The same sources made anew give the same prompts.
        let first = try sources(lines, yaml) { tasks, _ in
            try (0..<50).map { try tasks.source.prompt(at: $0, split: .training).text }
        }
        let again = try sources(lines, yaml) { tasks, _ in
            try (0..<50).map { try tasks.source.prompt(at: $0, split: .training).text }
        }
        #expect(first == again)
    }

    @Test func promptsAreFilteredByTokensAndByTheModel() throws {
        let lines = lines + [#"{"prompt":"\#(String(repeating: "x y ", count: 500))","answer":"a","verifier":"exact"}"#]
        try sources(lines, "    - file: FILE", longestPrompt: 100) { tasks, _ in
            #expect(tasks.files[0].summary.outOfLength == 1 && tasks.files[0].summary.training == 40)
        }
        #expect(throws: DatasetError.self) {
            try sources(lines, "    - {file: FILE, minimum_tokens: 5000}") { _, _ in }
        }
    }

    @Test func conversationsAreRenderedByTheTemplateAndNeedOne() throws {
        let lines = [
            #"{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"two"},{"role":"user","content":"q"}],"answer":"a","verifier":"exact"}"#
        ]
        let error = #expect(throws: LearnerError.self) { try sources(lines, "    - file: FILE") { _, _ in } }
        #expect(error.map { "\($0)" }?.contains("tasks.jsonl") == true)
        let chat = try #require(ChatSettings(template: "qwen2", system: "", thinking: true, softSwitch: "none"))
        let text = try sources(lines, "    - file: FILE", chat: chat) { tasks, encoder in
            try encoder.encode(tasks.source.prompt(at: 0, split: .training)).text
        }
        #expect(text.contains("<|im_start|>assistant\ntwo<|im_end|>\n<|im_start|>user\nq<|im_end|>"))
    }

    @Test func twoEntriesOfOneKindGiveDifferentProblems() throws {
        let yaml = "    - kind: sorting\n    - {kind: sorting, style: words}"
        try sources(lines, yaml) { tasks, _ in
            let texts = try (0..<40).map { try tasks.source.prompt(at: $0, split: .training).text }
            #expect(texts.count { $0.hasPrefix("Sort") } == 20)
            #expect(Set(texts).count > 30)
        }
    }

    @Test func faultsNameTheirPlace() {
        let error = #expect(throws: DatasetError.self) { try sources(lines + ["{}"], "    - file: FILE") { _, _ in } }
        #expect(error.map { "\($0)" }?.contains("tasks.jsonl:41: ") == true)
        #expect(throws: TaskError.self) {
            try sources(lines, "    - {kind: sorting, options: {marker: \"\"}}") { _, _ in }
        }
        #expect(throws: (any Error).self) { try sources(lines, "    - file: /no/such/file.jsonl") { _, _ in } }
    }
}
