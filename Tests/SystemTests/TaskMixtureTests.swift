import Foundation
import GRDB
import RunStore
import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// Prompts from a file and from a procedural task in one run of the real executables.
    @Suite(.serialized) @BlockingThread
    struct TaskMixtures {
        /// Countdown problems that the bundled policy often solves.
        private static let problems = [
            ([2, 8, 9], 17), ([1, 4, 6], 10), ([3, 5, 7], 12), ([2, 3, 9], 11), ([4, 5, 8], 13), ([1, 7, 9], 16),
            ([2, 6, 7], 13), ([3, 4, 8], 12), ([5, 6, 9], 14), ([1, 3, 8], 11), ([2, 5, 9], 14), ([4, 6, 7], 11),
        ]

        private static func lines() -> [String] {
            problems.map { numbers, target in
                let list = numbers.map(String.init)
                return #"{"prompt":"\#(list.joined(separator: " "))=\#(target):","#
                    + #""verifier":{"kind":"countdown","numbers":[\#(list.joined(separator: ","))],"target":\#(target)}}"#
            }
        }

        private static func overlay(_ file: String) -> String {
            SystemSettings.quickSteps + """
                task:
                  sources:
                    - file: \(file)
                      weight: 2
                      hold_out: 0.4
                    - kind: sorting
                      weight: 1
                      reward:
                        - {kind: task}
                        - {kind: regex, pattern: "[0-9 ]*", weight: 0.1}

                """
        }

        /// Shares, what is held out and the verdicts of both sources, with the learner killed on the way.
        @Test func aFileAndAProceduralTaskAreTrainedInTheirShares() throws {
            try ClusterRun.withDirectory { directory in
                let file = directory + "/tasks.jsonl"
                try Data(Self.lines().joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: file))
                let settings = ["run.steps=12", "checkpoint.every_steps=4"]
                try ClusterRun.with(overlay: Self.overlay(file), settings, in: directory) { run in
                    try run.waitForSteps(6)
                    try run.kill9("learner")
                    let end = try run.waitForTheEnd()
                    #expect(end.number("step") == 12 && end["conservation_ok"] == .boolean(true))
                    let loaded = try run.lines("dataset", of: "learner")
                    #expect(loaded.count == 2 && loaded.allSatisfy { $0.number("lines") == 12 })
                    let held = Int(loaded[0].number("evaluation") ?? 0)
                    #expect(held > 0)
                    try check(run, trainable: Self.problems.count - held)
                    let steps = try run.steps()
                    #expect(steps.contains { ($0.number("reward_mean") ?? 0) > 0 })
                    #expect(steps.allSatisfy { $0.numbers("unknown").values.allSatisfy { $0 == 0 } })
                    #expect(try run.lines("unknown_verdicts").isEmpty)
                }
            }
        }

        /// What the run's database says was issued.
        private func check(_ run: ClusterRun, trainable: Int) throws {
            let database = try DatabaseQueue(path: RunDatabase.path(run: run.path))
            let prompts = try database.read { database in
                try Row.fetchAll(database, sql: "SELECT verifier, text FROM prompts WHERE prompt < 48").map { row in
                    (kind: row["verifier"] as String, text: row["text"] as String)
                }
            }
            #expect(prompts.count { $0.kind == "countdown" } == 32 && prompts.count { $0.kind == "composite" } == 16)
            let fromFile = prompts.filter { $0.kind == "countdown" }.map(\.text)
            #expect(Set(fromFile).count == trainable)
            // Four epochs or so: every question about as often.
            let counts = Dictionary(grouping: fromFile, by: { $0 }).values.map(\.count)
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
        }

        @Test func aBadLineStopsTheStartWithItsNumber() throws {
            try ClusterRun.withDirectory { directory in
                let file = directory + "/tasks.jsonl"
                let lines = Self.lines().prefix(2) + [#"{"prompt":"x","answer":"forty","verifier":"numeric"}"#]
                try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: file))
                let (status, output) = try Executables.run(
                    "learner", "--cleartext", "--run-directory", directory + "/run", "--set",
                    "policy.path=\(SystemSettings.policy)",
                    "--set", "task.sources=[{file: \(file)}]")
                #expect(status == 78)
                #expect(output.contains("\(file):3: ") && output.contains("forty"), "\(output)")
            }
        }

        @Test func aDryRunPrintsTheSourcesResolved() throws {
            let (status, output) = try Executables.run(
                "learner", "--dry-run", "--set", "task.sources=[{kind: sorting, weight: 2}, {file: a.jsonl}]")
            #expect(status == 0)
            #expect(output.contains(#"    - {"kind":"sorting","file":null,"weight":2,"#), "\(output)")
        }
    }
}
