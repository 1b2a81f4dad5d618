import Reward
import Testing

@Suite struct DatasetFileTests {
    private static let check = TaskCheck(registry: .standard, externalKinds: ["gym"])

    private func load(
        _ text: String, format: DatasetFormat = .standard, verifier: String? = nil,
        options: [String: PayloadValue] = [:]
    ) throws(DatasetError) -> DatasetFile {
        try DatasetFile(
            Array(text.utf8), path: "tasks.jsonl", format: format, verifier: verifier, options: options,
            check: Self.check)
    }

    private func prompts(_ file: DatasetFile) throws -> [TaskPrompt] {
        let source = try DatasetTaskSource(
            file, heldOut: HeldOutQuestions(), check: Self.check, isShuffled: false, seed: 0
        ) { _ in true }
        return try (0..<UInt64(file.count)).map { try source.prompt(at: $0, split: .training) }
    }

    @Test func promptsMessagesAnswersAndVerifiers() throws {
        let file = try load(
            """
            {"prompt": "1+1=", "answer": 2}

            {"prompt": "π?", "answer": "3.14", "verifier": {"kind": "numeric", "tolerance": 0.01}, "metadata": {"from": "me"}}\r
            {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}], "answer": "B", "verifier": "choice"}
            {"prompt": "x", "verifier": {"kind": "sorted", "items": [2, 1]}}
            {"prompt": "x", "verifier": {"kind": "gym", "task": "maze"}, "answer": null}
            """, verifier: "numeric", options: ["marker": .string("=>")])
        let prompts = try prompts(file)
        #expect(prompts.map(\.verification.kind) == ["numeric", "numeric", "choice", "sorted", "gym"])
        #expect(
            prompts.map { String(decoding: $0.verification.payload, as: UTF8.self) } == [
                #"{"answer":2,"marker":"=>"}"#, #"{"answer":"3.14","marker":"=>","tolerance":0.01}"#,
                #"{"answer":"B","marker":"=>"}"#, #"{"items":[2,1],"marker":"=>"}"#,
                #"{"answer":null,"marker":"=>","task":"maze"}"#,
            ])
        #expect(prompts[0].content == .text("1+1="))
        #expect(
            prompts[2].content
                == .conversation([
                    ConversationTurn(role: .system, content: "s"), ConversationTurn(role: .user, content: "q"),
                ]))
    }

    /// Programs are judged elsewhere, but their tasks are read here.
    @Test func tasksOfProgramsAreReadButNotRun() throws {
        let line = #"{"prompt": "x", "verifier": {"kind": "code", "asserts": ["f(1) == 2"]}}"#
        #expect(try prompts(load(line)).map(\.verification.kind) == ["code"])
    }

    /// Every way in which a line can be wrong, by its number and with what is wrong.
    @Test(arguments: [
        ("{\"prompt\": \"a\"", "not valid JSON at byte"), ("[]", "one JSON object"), ("7", "one JSON object"),
        ("{\"prompt\":\"a\",\"answer\":\"1\",\"verifier\":\"exact\",\"id\":7}", "the key \"id\" means nothing"),
        ("{\"prompt\":\"a\",\"prompt\":\"b\"}", "stands twice"),
        ("{\"answer\":\"1\",\"verifier\":\"exact\"}", "either \"prompt\" or \"messages\""),
        ("{\"prompt\":\"a\",\"messages\":[],\"verifier\":\"exact\"}", "either \"prompt\" or \"messages\""),
        ("{\"prompt\":\"\",\"answer\":\"1\",\"verifier\":\"exact\"}", "not empty"),
        ("{\"prompt\":7,\"answer\":\"1\",\"verifier\":\"exact\"}", "must be a text"),
        ("{\"messages\":[],\"answer\":\"1\",\"verifier\":\"exact\"}", "list of messages"),
        ("{\"messages\":[{\"role\":\"robot\",\"content\":\"a\"}],\"verifier\":\"exact\"}", "message 1 must be"),
        ("{\"messages\":[{\"role\":\"user\",\"content\":7}],\"verifier\":\"exact\"}", "message 1 must be"),
        (
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"system\",\"content\":\"a\"}]}",
            "only the first"
        ),
        ("{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}],\"verifier\":\"exact\"}", "must be the user's"),
        ("{\"prompt\":\"a\",\"answer\":\"1\"}", "no \"verifier\""),
        ("{\"prompt\":\"a\",\"answer\":\"1\",\"verifier\":7}", "must be a kind"),
        ("{\"prompt\":\"a\",\"answer\":\"1\",\"verifier\":{}}", "must name its kind"),
        ("{\"prompt\":\"a\",\"answer\":\"1\",\"verifier\":\"exakt\"}", "no verifier \"exakt\""),
        ("{\"prompt\":\"a\",\"verifier\":\"exact\"}", "not what is required"),
        ("{\"prompt\":\"a\",\"answer\":\"x\",\"verifier\":\"numeric\"}", "not what is required"),
        ("{\"prompt\":\"a\",\"answer\":1e30,\"verifier\":\"numeric\"}", "beyond the limits"),
        ("{\"prompt\":\"a\",\"answer\":1,\"verifier\":{\"kind\":\"numeric\",\"answer\":2}}", "stands twice"),
        ("{\"prompt\":\"a\",\"answer\":\"1\",\"verifier\":\"exact\",\"metadata\":7}", "\"metadata\" must be"),
        (
            "{\"prompt\":\"a\",\"verifier\":{\"kind\":\"composite\",\"parts\":[{\"kind\":\"numeric\"}]}}",
            "not what is required"
        ),
        ("{\"prompt\":\"a\",\"verifier\":\"code\"}", "code"),
        ("{\"prompt\":\"a\",\"verifier\":{\"kind\":\"code\",\"test\":[]}}", "not what is required"),
        ("{\"prompt\":\"\\ud800\",\"answer\":\"1\",\"verifier\":\"exact\"}", "surrogate"),
    ])
    func aBadLineIsNamed(_ line: String, _ reason: String) throws {
        let good = #"{"prompt":"a","answer":"1","verifier":"exact"}"#
        let error = #expect(throws: DatasetError.self) { try load("\(good)\n\n\(line)\n\(good)") }
        guard case .badLines("tasks.jsonl", let faults)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(faults.map(\.line) == [3])
        #expect(faults[0].reason.contains(reason), "\(faults[0].reason)")
        #expect(error.map { "\($0)" }?.hasPrefix("tasks.jsonl:3: ") == true)
    }

    @Test func theFirstFaultsAreNamedTogether() {
        let error = #expect(throws: DatasetError.self) { try load(String(repeating: "{}\n", count: 100)) }
        guard case .badLines(_, let faults)? = error else { return }
        #expect(faults.map(\.line) == [1, 2, 3, 4, 5])
    }

    @Test func emptyFilesAndHostileLinesAreRefused() {
        for text in ["", "\n \n", String(repeating: "[", count: 100_000), String(repeating: "a", count: 2_000_000)] {
            #expect(throws: DatasetError.self) { try load(text) }
        }
        #expect(throws: DatasetError.self) {
            try DatasetFile([0x22, 0xFF, 0x22], path: "x", verifier: "exact", check: Self.check)
        }
    }

    @Test func linesOfGSM8K() throws {
        let file = try load(
            ##"{"question": "How many?", "answer": "He has <<2*600=1200>>1200.\n#### 1,200"}"##, format: .gsm8k,
            verifier: "numeric", options: ["last_number": .boolean(true)])
        let prompt = try #require(try prompts(file).first)
        #expect(prompt.content == .text("How many?"))
        #expect(VerifierRegistry.standard.verify(response: "It is 1,200.", task: prompt.verification) == .right)
        for line in [#"{"question":"a","answer":"7"}"#, "{\"question\":\"a\",\"answer\":\"#### x\"}", "{}"] {
            #expect(throws: DatasetError.self) { try load(line, format: .gsm8k, verifier: "numeric") }
        }
    }
}
