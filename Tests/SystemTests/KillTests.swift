import Foundation
import GRDB
import RunStore
import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// Promise 2: any process may be killed in any phase. In lockstep the run then ends with the very weights of a run in peace.
    @Suite(.serialized) @BlockingThread
    struct Kills {
        private static let steps = 30
        private static let settings = [
            "schedule.kind=lockstep", "schedule.lag=1", "run.steps=\(steps)", "checkpoint.every_steps=4",
            "cluster.rollout_workers=2",
        ]

        /// Weights after each step of a run that nobody disturbs.
        private static let peaceful = Result { () throws -> [Int: String] in
            var hashes: [Int: String] = [:]
            try ClusterRun.with(settings) { run in
                _ = try run.waitForTheEnd()
                hashes = try run.hashes()
            }
            return hashes
        }

        /// Which tasks are asked follows from how earlier ones were answered, and still from nothing else.
        @Test func aCurriculumGoesOnWhereItWas() throws {
            let curriculum = [
                "task.sources=[{kind: countdown}, {kind: countdown, weight: 2}, {kind: countdown}]",
                "task.curriculum.advance_at=0.2", "task.curriculum.window_groups=12",
            ]
            func hashes(_ settings: [String], during body: (ClusterRun) throws -> Void = { _ in }) throws -> [Int:
                String]
            {
                var hashes: [Int: String] = [:]
                try ClusterRun.with(Self.settings + settings) { run in
                    try body(run)
                    expectComplete(try run.waitForTheEnd(), steps: Self.steps)
                    hashes = try run.hashes()
                }
                return hashes
            }
            let peaceful = try hashes(curriculum) { run in
                _ = try run.waitForTheEnd()
                #expect(try run.lines("source_opened", of: "learner").map { $0.number("source") } == [1, 2])
            }
            #expect(try hashes(Array(curriculum[...0])) != peaceful)
            let disturbed = try hashes(curriculum) { run in
                for victim in ["learner", "rollout-worker-1", "learner"] {
                    try run.waitForSteps(5)
                    try run.kill9(victim)
                }
            }
            #expect(disturbed == peaceful)
        }

        /// The phases in which a process is held while another one, or itself, is killed.
        private static let phases = [
            "idle:2", "generation:25", "submission:5", "step:7", "publication:11", "checkpoint:2",
        ]

        @Test(arguments: ["rollout-worker-1", "reward-verifier-1", "parameter-broadcaster-1", "learner"])
        func aKillInAnyPhaseChangesNoBit(target: String) throws {
            let peaceful = try Self.peaceful.get()
            func environment(_ directory: String) -> [String: String] {
                let holds = Self.phases.map { "\($0):\(directory)/\($0.prefix { $0 != ":" })" }
                return ["APUS_HOLD": holds.joined(separator: ",")]
            }
            try ClusterRun.with(Self.settings, environment: environment) { run in
                var pending = Set(Self.phases.map { String($0.prefix { $0 != ":" }) })
                while !pending.isEmpty {
                    var held: (phase: String, process: Int32)?
                    try run.wait(for: "a process in one of the phases \(pending.sorted())") {
                        held = try run.held(among: pending)
                        return held != nil
                    }
                    let hold = try #require(held)
                    pending.remove(hold.phase)
                    try run.kill9(target)
                    // Whoever was held goes on, unless it was the victim.
                    kill(hold.process, SIGCONT)
                }
                expectComplete(try run.waitForTheEnd(), steps: Self.steps)
                #expect(try run.hashes() == peaceful)
                let database = try RunDatabase(reading: RunDatabase.path(run: run.path))
                let trained = try database.steps(after: 0).flatMap(\.groupIDs)
                #expect(trained.count == Self.steps * 4 && Set(trained).count == trained.count)
                #expect(try run.lines("child_exited").count == Self.phases.count)
            }
        }

        /// In a bounded schedule the run goes on from the journal, and what was done is done again to the same weights.
        @Test func aKilledLearnerGoesOnFromItsJournal() throws {
            let settings = ["run.steps=120", "checkpoint.every_steps=25", "cluster.rollout_workers=2"]
            try ClusterRun.with(settings) { run in
                for _ in 0..<3 {
                    try run.waitForSteps(9)
                    try run.kill9("learner")
                }
                expectComplete(try run.waitForTheEnd(), steps: 120)
                #expect(try run.hashes().count == 120)
                #expect(try run.lines("step_redone").count >= 9)
                // The others lived through it, and delivered under the leases that they had.
                let crashes = try run.lines("child_exited").map { [$0.id, $0.text("reason") ?? ""] }
                #expect(crashes == Array(repeating: ["learner", "killed by signal KILL"], count: 3))
                #expect(try run.steps().last?.numbers("refused_submissions")["unknown_version"] == nil)
                for step in try run.steps() { #expect(step["conservation_ok"] == .boolean(true)) }
                try expectReplay(run)
                try expectTrace(run)
            }
        }

        /// The journal alone gives the same weights again; a journal that was tampered with does not, and the step is named.
        private func expectReplay(_ run: ClusterRun) throws {
            let replayed = try run.tool("replay", run.path)
            #expect(replayed.status == 0 && replayed.output.contains("120 steps replayed"), "\(replayed.output)")
            #expect(replayed.output.contains(try run.hashes()[120] ?? "no hash"))
            let database = try DatabaseQueue(path: RunDatabase.path(run: run.path))
            try database.write { database in
                // One reward for its opposite: a mere scale would be divided out again.
                try database.execute(
                    sql: """
                        UPDATE groups SET responses = json_set(responses, '$[0].score', 1 - (responses ->> '$[0].score'))
                        WHERE group_id = (
                          SELECT group_id FROM outcomes WHERE step >= 70 AND abs(advantage) > 0.1 ORDER BY step LIMIT 1)
                        """)
            }
            let tampered = try run.tool("replay", run.path)
            #expect(tampered.status == 1 && tampered.output.contains("gives weights"), "\(tampered.output)")
        }

        /// What the journal tells of a trained group.
        private func expectTrace(_ run: ClusterRun) throws {
            let database = try RunDatabase(reading: RunDatabase.path(run: run.path))
            let step = try #require(try database.steps(after: 9).first)
            let group = try #require(step.groupIDs.first)
            let trace = try run.tool("trace", run.path, "\(group)")
            #expect(trace.status == 0)
            for part in [
                "group \(group): trained", "lease ", "to rollout-worker-", "submitted at", "step      10",
                step.sha256.map { String($0.prefix(12)) } ?? "no hash", "by version", "verdict", "reward-verifier-1",
                "advantage", "staleness",
            ] {
                #expect(trace.output.contains(part), "\(part) is missing in\n\(trace.output)")
            }
            let missing = try run.tool("trace", run.path, "999999999")
            #expect(missing.status == 1 && missing.output.contains("has no group 999999999"))
        }

        /// A copy of the run's directory, made at a random moment of its life, is as good as the run; also if its checkpoints
        /// were copied after its database, and know steps that the database does not.
        @Test(arguments: [false, true])
        func aCopyOfTheDirectoryGoesOnToTheSameWeights(hasNewerCheckpoints: Bool) throws {
            let peaceful = try Self.peaceful.get()
            try ClusterRun.with(Self.settings) { run in
                try run.waitForSteps(Int.random(in: 5...12))
                let copy = run.directory + "/copies"
                try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
                try run.copy(to: copy + "/test")
                _ = try run.waitForTheEnd()
                if hasNewerCheckpoints {
                    try FileManager.default.removeItem(atPath: copy + "/test/checkpoints")
                    try FileManager.default.copyItem(
                        atPath: run.path + "/checkpoints", toPath: copy + "/test/checkpoints")
                }
                // Its supervisors and its address are those of the original.
                for name in ["pids", "endpoint", "logs"] {
                    try FileManager.default.removeItem(atPath: copy + "/test/" + name)
                }
                for name in ["pids", "logs"] {
                    try FileManager.default.createDirectory(
                        atPath: copy + "/test/" + name, withIntermediateDirectories: true)
                }
                let second = ClusterRun(
                    directory: run.directory, environment: ["APUS_RUNS": copy], runs: "copies")
                try second.script("Cluster/up.sh", ["--run", "test", "--resume"])
                #expect(try second.lines("checkpoint_passed_over").isEmpty != hasNewerCheckpoints)
                expectComplete(try second.waitForTheEnd(), steps: Self.steps)
                let hashes = try second.hashes()
                #expect(hashes.allSatisfy { peaceful[$0.key] == $0.value })
                // What the copy's journal knew was not decided anew.
                #expect(try second.steps().count < Self.steps)
                #expect(hashes[Self.steps] == peaceful[Self.steps])
                try second.script("Cluster/down.sh", ["--run", "test"])
            }
        }
    }
}

extension ClusterRun {
    /// A process that is held in one of the phases, and in which; nil while there is none.
    func held(among phases: Set<String>) throws -> (phase: String, process: Int32)? {
        for phase in phases.sorted() {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(phase)"),
                let process = Int32(String(decoding: data, as: UTF8.self).dropLast())
            else { continue }
            return (phase, process)
        }
        return nil
    }

    /// Copies the run's directory, file by file, while its processes go on.
    func copy(to path: String) throws {
        // Its status says whether a file vanished while it was at it, which is no harm.
        _ = try Executables.run(
            "/bin/cp", ["-a", self.path, path], directory: directory, output: directory + "/copy-output")
    }
}
