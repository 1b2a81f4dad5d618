import Foundation
import TestSupport
import Testing

/// The promises of Cluster/: what crashes is started again, what is stopped is gone with all it started, and nobody
/// touches anybody else. With fake executables, so that only the scripts are tested.
@Suite(.serialized) @BlockingThread
struct ClusterTests {
    @Test func upStartsEveryRoleAndDownLeavesNothing() throws {
        try ClusterFixture.with { cluster in
            let output = try cluster.succeed("Cluster/up.sh", "--set", "cluster.rollout_workers=2")
            #expect(output.hasSuffix("\(cluster.runs)/fake\n"))
            for id in [
                "learner", "parameter-broadcaster-1", "reward-verifier-1", "rollout-worker-1", "rollout-worker-2",
            ] {
                #expect(cluster.state(id)?.state == "running", "\(id)")
            }
            cluster.wait(until: "every process has written a log line") {
                cluster.exists("runs/fake/logs/rollout-worker-2.jsonl")
                    && cluster.exists("runs/fake/logs/learner.jsonl")
            }
            let status = try cluster.succeed("Cluster/status.sh", "--runs", cluster.runs)
            let row = status.split(separator: "\n").first { $0.hasPrefix("rollout-worker-2") }
            let cells = row?.split(separator: " ").map(String.init) ?? []
            #expect(
                cells.count == 9 && cells[1] == "running" && cells[5] == "5" && cells[6] == "7" && cells[8] == "lease")

            // up.sh on a running cluster changes nothing.
            let before = cluster.state("learner")?.child
            #expect(try cluster.succeed("Cluster/up.sh", "--run", "fake").contains("up already"))
            #expect(cluster.state("learner")?.child == before)

            #expect(try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs).contains("none left"))
            #expect(cluster.processes().isEmpty)
            #expect(cluster.state("learner")?.state == "stopped")
            #expect(try cluster.script("Cluster/status.sh", "--runs", cluster.runs).status == 3)
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
        }
    }

    @Test func aCrashedProcessIsStartedAgainWithGrowingPauses() throws {
        try ClusterFixture.with { cluster in
            try cluster.write("1\n2\n3\n4\n", to: "crashes-rollout-worker-1")
            try cluster.succeed("Cluster/up.sh")
            cluster.wait(until: "the worker runs after four crashes") {
                cluster.state("rollout-worker-1").map { $0.state == "running" && $0.restarts == 4 } ?? false
            }
            let log = try String(contentsOfFile: "\(cluster.runs)/fake/logs/supervisor.jsonl", encoding: .utf8)
            let pauses = log.split(separator: "\n").compactMap { line -> Int? in
                let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                #expect(object != nil, "no JSON: \(line)")
                guard object?["event"] as? String == "child_exited" else { return nil }
                #expect(object?["id"] as? String == "rollout-worker-1")
                #expect(object?["reason"] as? String == "exit status 3")
                return object?["restart_in_milliseconds"] as? Int
            }
            #expect(pauses == [20, 40, 80, 80])
            #expect(cluster.state("learner")?.restarts == 0)
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
            #expect(cluster.processes().isEmpty)
        }
    }

    @Test(arguments: ["rollout-worker-1", "learner"])
    func aKilledProcessComesBackAndLeavesNoGrandchild(id: String) throws {
        try ClusterFixture.with { cluster in
            try cluster.succeed("Cluster/up.sh")
            cluster.wait(until: "the process has a child of its own") {
                cluster.exists("runs/fake/logs/\(id).jsonl") && cluster.processes(member: id).count >= 3
            }
            let old = try #require(cluster.state(id)?.child)
            let family = cluster.processes(member: id)
            kill(old, SIGKILL)
            cluster.wait(until: "it runs again") {
                cluster.state(id).map { $0.restarts == 1 && $0.child != old } ?? false
            }
            // Of the old family only the supervisor lives.
            cluster.wait(until: "the old grandchild is gone") {
                Set(cluster.processes(member: id)).intersection(family).count == 1
            }
            if id == "learner" {
                // It resumes, and listens where the others look for it.
                cluster.wait(until: "it was told to resume") { cluster.exists("resumed-learner") }
                let listens = try String(contentsOfFile: cluster.directory + "/resumed-learner", encoding: .utf8)
                #expect(listens == "tcp://127.0.0.1:\(old)\n")
            }
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
            #expect(cluster.processes().isEmpty)
        }
    }

    @Test func whatFinishedOrIsMisconfiguredIsNotStartedAgain() throws {
        try ClusterFixture.with { cluster in
            try cluster.write("0", to: "exit-reward-verifier-1")
            try cluster.write("78", to: "exit-parameter-broadcaster-1")
            try cluster.succeed("Cluster/up.sh")
            cluster.wait(until: "both have ended") {
                cluster.state("reward-verifier-1")?.state == "finished"
                    && cluster.state("parameter-broadcaster-1")?.state == "failed"
            }
            let status = try cluster.script("Cluster/status.sh", "--runs", cluster.runs)
            #expect(status.status == 4)
            #expect(cluster.state("reward-verifier-1")?.restarts == 0)
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
        }
    }

    @Test func endlessCrashesAreGivenUp() throws {
        try ClusterFixture.with { cluster in
            try cluster.write("9", to: "exit-rollout-worker-1")
            let up = try cluster.script("Cluster/up.sh", environment: ["APUS_MAXIMUM_FAILURES": "2"])
            #expect(up.status == 0, "\(up.output)")
            cluster.wait(until: "it is given up") { cluster.state("rollout-worker-1")?.state == "failed" }
            #expect(cluster.state("rollout-worker-1")?.restarts == 2)
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
        }
    }

    @Test func scalingTouchesNobodyElse() throws {
        try ClusterFixture.with { cluster in
            try cluster.succeed("Cluster/up.sh")
            func children() -> [String: Int32] {
                var result: [String: Int32] = [:]
                for id in ["learner", "parameter-broadcaster-1", "reward-verifier-1", "rollout-worker-1"] {
                    result[id] = cluster.state(id)?.child
                }
                return result
            }
            let before = children()
            #expect(before.count == 4)
            func workers() -> [Int] {
                (1...5).filter { cluster.state("rollout-worker-\($0)")?.state == "running" }
            }
            try cluster.succeed("Cluster/scale.sh", "rollout-worker", "4", "--runs", cluster.runs)
            #expect(workers() == [1, 2, 3, 4])
            try cluster.succeed("Cluster/scale.sh", "rollout-worker", "1", "--runs", cluster.runs)
            #expect(workers() == [1])
            for gone in 2...4 { #expect(cluster.processes(member: "rollout-worker-\(gone)").isEmpty) }
            #expect(children() == before)
            try cluster.succeed("Cluster/scale.sh", "rollout-worker", "0", "--runs", cluster.runs)
            #expect(workers().isEmpty)
            for (role, count) in [("learner", "2"), ("rollout-worker", "-1"), ("rollout-worker", "x"), ("walrus", "1")]
            {
                let result = try cluster.script("Cluster/scale.sh", role, count, "--runs", cluster.runs)
                #expect(result.status == 1 && result.output.split(separator: "\n").count == 1, "\(result.output)")
            }
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
            #expect(cluster.processes().isEmpty)
            #expect(try cluster.script("Cluster/scale.sh", "rollout-worker", "1", "--runs", cluster.runs).status == 1)
        }
    }

    @Test func twoClustersSideBySide() throws {
        try ClusterFixture.with { cluster in
            try cluster.succeed("Cluster/up.sh")
            try cluster.succeed("Cluster/up.sh")  // the name is taken: fake-2
            let first = Set(cluster.processes(run: "fake"))
            let second = Set(cluster.processes(run: "fake-2"))
            #expect(!first.isEmpty && !second.isEmpty && first.isDisjoint(with: second))
            try cluster.succeed("Cluster/down.sh", "--run", "fake", "--runs", cluster.runs)
            #expect(cluster.processes(run: "fake").isEmpty)
            #expect(cluster.state("learner", run: "fake-2")?.state == "running")
            let again = try cluster.script("Cluster/up.sh", "--run", "fake")
            #expect(again.status == 1 && again.output.contains("--resume"))
            let resumed = try cluster.script(
                "Cluster/up.sh", "--run", "fake", "--resume", environment: ["APUS_RUNS": cluster.runs])
            #expect(resumed.status == 0, "\(resumed.output)")
            cluster.wait(until: "the learner resumed") { cluster.exists("resumed-learner") }
            for run in ["fake", "fake-2"] {
                try cluster.succeed("Cluster/down.sh", "--run", run, "--runs", cluster.runs)
            }
            #expect(cluster.processes().isEmpty)
        }
    }

    @Test func whoIgnoresTheSignalIsKilledWithItsChildren() throws {
        try ClusterFixture.with { cluster in
            try cluster.write("", to: "stubborn-rollout-worker-1")
            try cluster.write("", to: "stubborn-learner")
            try cluster.succeed("Cluster/up.sh")
            cluster.wait(until: "both ignore the signal by now") {
                cluster.exists("runs/fake/logs/rollout-worker-1.jsonl")
                    && cluster.exists("runs/fake/logs/learner.jsonl")
            }
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
            #expect(cluster.processes().isEmpty)
        }
    }

    @Test func aKilledSupervisorIsSeenAndItsChildStopped() throws {
        try ClusterFixture.with { cluster in
            try cluster.succeed("Cluster/up.sh")
            let pid = try String(contentsOfFile: "\(cluster.runs)/fake/pids/rollout-worker-1.pid", encoding: .utf8)
            kill(try #require(Int32(pid.trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
            let status = try cluster.script("Cluster/status.sh", "--runs", cluster.runs)
            #expect(status.status == 4)
            #expect(
                status.output.split(separator: "\n").contains {
                    $0.hasPrefix("rollout-worker-1") && $0.contains("lost")
                })
            // Scaling to the same number replaces it, and its orphan.
            let orphan = try #require(cluster.state("rollout-worker-1")?.child)
            try cluster.succeed("Cluster/scale.sh", "rollout-worker", "1", "--runs", cluster.runs)
            #expect(cluster.state("rollout-worker-1")?.state == "running")
            #expect(!cluster.processes(member: "rollout-worker-1").contains(orphan))
            try cluster.succeed("Cluster/down.sh", "--runs", cluster.runs)
            #expect(cluster.processes().isEmpty)
        }
    }

    @Test(arguments: [("78", "failed"), ("0", "finished"), ("1", "crashed")])
    func aLearnerThatCannotStartLeavesNothingBehind(status: String, what: String) throws {
        try ClusterFixture.with { cluster in
            try cluster.write(status, to: "exit-learner")
            let up = try cluster.script("Cluster/up.sh", environment: ["APUS_BACKOFF_MILLISECONDS": "20000"])
            #expect(up.status == 1 && up.output.contains("the learner \(what) before it listened"), "\(up.output)")
            #expect(cluster.processes().isEmpty)
            let typo = try cluster.script("Cluster/up.sh", "--set", "run.nmae=x")
            #expect(typo.status == 1 && typo.output.contains("there is no setting run.nmae"))
        }
    }

    @Test(arguments: ["up", "down", "scale", "status"])
    func everyScriptExplainsItself(name: String) throws {
        try ClusterFixture.with { cluster in
            let help = try cluster.succeed("Cluster/\(name).sh", "--help")
            #expect(help.hasPrefix("\(name).sh - ") && help.contains("usage: Cluster/\(name).sh"))
            let wrong = try cluster.script("Cluster/\(name).sh", "--no-such-option")
            #expect(wrong.status == 1 && wrong.output == "\(name).sh: unknown argument --no-such-option; see --help\n")
        }
    }
}
