import Configuration
import Foundation
import Testing

/// What a run resolved to can be written, sent and read back without loss; the schema's own defaults are valid.
struct RenderingTests {
    private let unusual: [String] = [
        "run.name=a-b_c.9", "run.seed=18446744073709551615", "run.directory=/tmp/with \"quotes\" \\ and\ttab: #é",
        "optimizer.learning_rate=1.2345678901234567e-7", "objective.clip_low=0.0003", "objective.advantage=zero",
        "policy.precision=fp32", "run.stop_after_seconds=0.1", "policy.path=null-island",
        #"task.sources=[{kind: sorting, difficulty: 3, prompt: "Sort: \"{prompt}\""}, {file: a b.jsonl, hold_out: 0.1, reward: [{kind: task}, {kind: format, gate: true, tags: [x, '7'], weight: 1e-2}], options: {tag: 'true', tolerance: 0.10, deep: [null, {a: b}]}}]"#,
    ]

    @Test func jsonAndYAMLReadBackAsTheSame() throws {
        for overrides in [[], unusual] {
            let configuration = try RunConfiguration.load(files: [], overrides: overrides)
            #expect(try RunConfiguration(json: configuration.resolvedJSON) == configuration)
            var fromYAML = RunConfiguration()
            try fromYAML.apply(yaml: configuration.resolvedYAML, named: "dry run")
            #expect(fromYAML == configuration)
        }
    }

    @Test func resolvedJSONIsJSONWithEveryKey() throws {
        let configuration = try RunConfiguration.load(files: [], overrides: unusual)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(configuration.resolvedJSON.utf8)) as? [String: Any])
        for setting in Setting.all {
            let parts = setting.path.split(separator: ".").map(String.init)
            var level = object
            for part in parts.dropLast() { level = try #require(level[part] as? [String: Any]) }
            #expect(level[try #require(parts.last)] != nil, "\(setting.path)")
        }
        let run = try #require(object["run"] as? [String: Any])
        #expect(run["directory"] as? String == "/tmp/with \"quotes\" \\ and\ttab: #é")
    }

    @Test func everySettingAcceptsItsOwnDefault() throws {
        let defaults = RunConfiguration()
        try defaults.validate()
        for setting in Setting.all {
            var yaml = "\(setting.value(in: defaults).literal)"
            for part in setting.path.split(separator: ".").reversed() { yaml = "{\(part): \(yaml)}" }
            var configuration = defaults
            try configuration.apply(yaml: yaml, named: setting.path)
            #expect(configuration == defaults, "\(setting.path)")
        }
    }

    @Test func noTwoSettingsShareAPathOrAPlace() throws {
        #expect(Set(Setting.all.map(\.path)).count == Setting.all.count)
        let defaults = RunConfiguration()
        // A setting whose key path was copied from its neighbour would change the neighbour's value.
        for (path, value) in [
            ("task.countdown.numbers_minimum", "2"), ("task.countdown.number_minimum", "2"),
            ("schedule.buffer_bytes", "2000000"), ("rollout.outbox_bytes", "2000000"), ("optimizer.beta2", "0.5"),
            ("cluster.request_timeout_seconds", "33"), ("cluster.join_timeout_seconds", "33"),
        ] {
            var changed = defaults
            try changed.apply(override: "\(path)=\(value)")
            let differing = Setting.all.filter { $0.value(in: changed) != $0.value(in: defaults) }.map(\.path)
            #expect(differing == [path])
        }
    }
}
