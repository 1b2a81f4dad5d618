import Configuration
import Testing

/// The list of sources that prompts are mixed from.
struct SourcesTests {
    private func load(_ yaml: String) throws -> [RunConfiguration.Source] {
        var configuration = RunConfiguration()
        try configuration.apply(yaml: yaml, named: "run.yaml")
        try configuration.validate()
        return configuration.task.sources
    }

    @Test func entriesReplaceDefaultsAndNothingElse() throws {
        let sources = try load(
            """
            task:
              sources:
                - kind: letter-count
                  weight: 0.25
                - file: data/train.jsonl
                  format: gsm8k
                  verifier: numeric
                  hold_out: 0.05
                  maximum_tokens: 512
                  options: {last_number: true, marker: "7", tolerance: 1.50}
                  reward:
                    - {kind: task, weight: 0.9}
                    - {kind: format, gate: true}
            """)
        var first = RunConfiguration.Source()
        (first.kind, first.weight) = (.letterCount, 0.25)
        var second = RunConfiguration.Source()
        (second.file, second.format, second.verifier) = ("data/train.jsonl", .gsm8k, "numeric")
        (second.holdOut, second.maximumTokens) = (0.05, 512)
        second.options = #"{"last_number":true,"marker":"7","tolerance":1.50}"#
        second.reward = #"[{"kind":"task","weight":0.9},{"gate":true,"kind":"format"}]"#
        #expect(sources == [first, second])
    }

    @Test func overridesReplaceTheWholeList() throws {
        var configuration = RunConfiguration()
        try configuration.apply(override: "task.sources=[{kind: sorting}, {kind: countdown}]")
        #expect(configuration.task.sources.map(\.kind) == [.sorting, .countdown])
        // A curriculum needs something to open.
        try configuration.apply(override: "task.curriculum.advance_at=0.5")
        try configuration.validate()
        try configuration.apply(override: "task.sources=[]")
        #expect(configuration.task.sources.isEmpty)
        let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
        guard case .inconsistent(["task.curriculum.advance_at", "task.sources"], _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aTypoNamesEntryLineAndMeaning() {
        #expect(
            throws: ConfigurationError.unknownKey(
                key: "task.sources[1].wieght", suggestion: "weight", origin: .file(path: "run.yaml", line: 5))
        ) { try load("task:\n  sources:\n    - kind: sorting\n    - kind: sorting\n      wieght: 2\n") }
    }

    @Test(arguments: [
        ("kind: juggling", "kind"), ("kind: sorting, weight: 0", "weight"), ("kind: sorting, weight: [1]", "weight"),
        ("kind: sorting, difficulty: 11", "difficulty"), ("file: ''", "file"), ("file: a, hold_out: 1", "hold_out"),
        ("kind: sorting, prompt: hello", "prompt"), ("file: a, options: 7", "options"),
        ("file: a, reward: {kind: task}", "reward"), ("file: a, reward: [task]", "reward"),
        ("file: a, shuffle: maybe", "shuffle"),
    ])
    func whatIsNotAllowedIsRefusedByName(entry: String, key: String) {
        let error = #expect(throws: ConfigurationError.self) { try load("task: {sources: [{\(entry)}]}") }
        guard case .invalidValue("task.sources[0].\(key)", _, _, .file("run.yaml", 1))? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        ("weight: 1", ["kind", "file"]), ("kind: sorting, file: a", ["kind", "file"]),
        ("file: a, hold_out: 0.1, evaluation_file: b", ["evaluation_file", "hold_out"]),
        ("file: a, minimum_tokens: 3, maximum_tokens: 2", ["minimum_tokens", "maximum_tokens"]),
        ("file: a, difficulty: 2", ["difficulty"]), ("kind: sorting, verifier: exact", ["verifier"]),
        ("kind: sorting, hold_out: 0.1", ["hold_out"]), ("kind: countdown, style: words", ["style"]),
    ])
    func contradictionsAreRefused(entry: String, keys: [String]) {
        let error = #expect(throws: ConfigurationError.self) { try load("task: {sources: [{\(entry)}]}") }
        guard case .inconsistent(keys.map { "task.sources[0].\($0)" }, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["task: {sources: sorting}", "task: {sources: {kind: sorting}}", "task: {sources: [sorting]}"])
    func aWrongShapeIsRefused(yaml: String) {
        #expect(throws: ConfigurationError.self) { try load(yaml) }
    }
}
