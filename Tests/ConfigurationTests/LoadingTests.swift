import Configuration
import Foundation
import Testing

/// A configuration says exactly what its files and overrides say, and anything else is refused with the place.
struct LoadingTests {
    private func load(_ yaml: String, _ overrides: String...) throws -> RunConfiguration {
        var configuration = RunConfiguration()
        try configuration.apply(yaml: yaml, named: "run.yaml")
        for override in overrides { try configuration.apply(override: override) }
        try configuration.validate()
        return configuration
    }

    @Test func valuesOfAFileReplaceDefaultsAndNothingElse() throws {
        let configuration = try load(
            """
            # a comment
            run: {name: first, seed: 18446744073709551615}
            rollout:
              group_size: 16
              temperature: 1
            objective:
              clip_low: 3e-4
              clip_high: null
              correction:
                kind: tis
            cluster:
              max_message_bytes: 134_217_728
            task:
            """)
        var expected = RunConfiguration()
        expected.run.name = "first"
        expected.run.seed = .max
        expected.rollout.groupSize = 16
        expected.objective.clipLow = 3e-4
        expected.objective.correction.kind = .tis
        expected.cluster.maxMessageBytes = 134_217_728
        #expect(configuration == expected)
    }

    @Test func laterFilesAndThenOverridesWin() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: directory) } }
        let files = try ["run: {seed: 1, steps: 10}\nbatch: {groups: 4}\n", "run: {seed: 2}\nbatch: {groups: 8}\n"]
            .enumerated().map { index, text in
                let url = directory.appendingPathComponent("\(index).yaml")
                try Data(text.utf8).write(to: url)
                return url.path
            }
        let configuration = try RunConfiguration.load(files: files, overrides: ["batch.groups=16", "batch.groups=32"])
        #expect(configuration.run.seed == 2)
        #expect(configuration.run.steps == 10)
        #expect(configuration.batch.groups == 32)
    }

    @Test(arguments: [
        ("rollout.group_sise", "rollout.group_size"), ("rolout.group_size", "rollout.group_size"),
        ("optimizer.lerning_rate", "optimizer.learning_rate"), ("batch.learning_rate", "optimizer.learning_rate"),
        ("objective.corection.kind", "objective.correction.kind"), ("run.sede", "run.seed"),
    ])
    func aTypoIsRefusedWithASuggestion(typo: String, meant: String) {
        #expect(throws: ConfigurationError.unknownKey(key: typo, suggestion: meant, origin: .override)) {
            try load("", "\(typo)=1")
        }
    }

    @Test func nothingIsSuggestedWhenNothingIsNear() {
        #expect(throws: ConfigurationError.unknownKey(key: "zebra.crossing", suggestion: nil, origin: .override)) {
            try load("", "zebra.crossing=1")
        }
    }

    @Test func anUnknownKeyInAFileNamesFileAndLine() {
        let yaml = "run:\n  name: a\nrollout:\n  group_size: 8\n  group_sizes: 9\n"
        #expect(
            throws: ConfigurationError.unknownKey(
                key: "rollout.group_sizes", suggestion: "rollout.group_size", origin: .file(path: "run.yaml", line: 5))
        ) { try load(yaml) }
        #expect(
            throws: ConfigurationError.unknownKey(
                key: "rollouts", suggestion: "rollout", origin: .file(path: "run.yaml", line: 2))
        ) { try load("run: {seed: 3}\nrollouts: {group_size: 8}") }
    }

    @Test(arguments: [
        "rollout.chat.template=llama", "rollout.group_size=1", "rollout.group_size=8.5", "rollout.group_size=\"8\"",
        "rollout.group_size=null",
        "rollout.group_size=99999999999999999999", "run.seed=-1", "rollout.temperature=0", "rollout.temperature=nan",
        "rollout.temperature=inf", "optimizer.beta1=1", "optimizer.learning_rate=-1e-5", "policy.precision=fp16",
        "schedule.kind=eager", "schedule.lag=65", "objective.clip_low=0", "run.name=", "run.name=../x", "run.name=.",
        "run.name=a b",
        "cluster.learner_endpoint=tcp://127.0.0.1", "cluster.learner_endpoint=tcp://127.0.0.1:70000",
        "cluster.learner_endpoint=http://x:1", "cluster.lease_seconds=0", "task.countdown.operators=+%",
        "task.countdown.operators=++",
    ])
    func whatIsNotAllowedIsRefusedByName(override: String) throws {
        let key = try #require(override.split(separator: "=").first)
        let error = #expect(throws: ConfigurationError.self) { try load("", override) }
        guard case .invalidValue(String(key), _, let allowed, .override)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!allowed.isEmpty)
    }

    @Test func quotedNumbersAreText() {
        #expect(
            throws: ConfigurationError.invalidValue(
                key: "rollout.group_size", value: "\"8\"", allowed: "integer 2…1024",
                origin: .file(path: "run.yaml", line: 1))
        ) { try load("rollout: {group_size: '8'}") }
    }

    @Test(arguments: [
        "rollout: 8", "rollout: [8]", "rollout: {group_size: [8]}", "rollout: {group_size: {a: 1}}", "- rollout",
        "text",
    ])
    func aWrongShapeIsRefused(yaml: String) {
        let error = #expect(throws: ConfigurationError.self) { try load(yaml) }
        guard case .wrongShape? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["run: {", "run:\n\tname: a", "run: {seed: 1, seed: 2}", "a: *nowhere", "run: {seed: 1}\nrun: {}"])
    func whatIsNotYAMLIsRefused(yaml: String) {
        let error = #expect(throws: ConfigurationError.self) { try load(yaml) }
        guard case .malformedYAML("run.yaml", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["", "rollout.group_size", "=8"])
    func aMalformedOverrideIsRefused(text: String) {
        #expect(throws: ConfigurationError.malformedOverride(text)) { try load("", text) }
    }

    @Test(arguments: [
        (["batch.groups=7"], ["batch.groups", "batch.mini_batches"]),
        (["audit.groups_per_step=17"], ["audit.groups_per_step", "batch.groups"]),
        (["batch.groups=512"], ["batch.groups", "schedule.buffer_groups"]),
        (["task.countdown.number_minimum=10"], ["task.countdown.number_minimum", "task.countdown.number_maximum"]),
        (["rollout.chat.soft_switch=think"], ["rollout.chat.soft_switch", "rollout.chat.template"]),
        (
            ["rollout.chat.template=smollm2", "rollout.chat.thinking_budget_tokens=9"],
            ["rollout.chat.thinking_budget_tokens", "rollout.chat.template"]
        ),
        (
            ["rollout.chat.template=qwen3", "rollout.chat.thinking_budget_tokens=128"],
            ["rollout.chat.thinking_budget_tokens", "rollout.max_response_tokens"]
        ),
        (
            [
                "rollout.chat.template=qwen3", "rollout.chat.thinking=false", "rollout.chat.thinking_budget_tokens=9",
            ], ["rollout.chat.thinking", "rollout.chat.thinking_budget_tokens"]
        ),
        (["cluster.heartbeat_seconds=6"], ["cluster.heartbeat_seconds", "cluster.member_timeout_seconds"]),
        (["cluster.chunk_bytes=67108864"], ["cluster.chunk_bytes", "cluster.max_message_bytes"]),
    ])
    func contradictionsAreRefused(overrides: [String], keys: [String]) {
        let error = #expect(throws: ConfigurationError.self) {
            try RunConfiguration.load(files: [], overrides: overrides)
        }
        guard case .inconsistent(keys, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func aMissingFileIsNamed() {
        let error = #expect(throws: ConfigurationError.self) { try RunConfiguration.load(files: ["/no/such/run.yaml"]) }
        guard case .unreadableFile("/no/such/run.yaml", _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
