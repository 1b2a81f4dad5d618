import Foundation
import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// Whoever waits says for what, by name and within ten seconds, in the log and in status.sh.
    @Suite(.serialized) @BlockingThread
    struct Stalls {
        private static let settings = ["run.steps=100000", "cluster.member_timeout_seconds=60"]

        @Test func aFrozenVerifierIsNamed() throws {
            try ClusterRun.with(Self.settings) { run in
                try run.waitForSteps(3)
                // The learner misses its heartbeats, and knows from the others who waits for whom.
                try expectNamed(
                    [
                        ("rollout-worker-1", "verdict from reward-verifier-1"),
                        ("learner", "heartbeat of reward-verifier-1"),
                    ], in: run,
                    stop: { try run.freeze("reward-verifier-1") }, goOn: { try run.thaw("reward-verifier-1") })
                let stall = try #require(
                    try run.lines("stalled", of: "learner").first {
                        $0.text("waiting_for")?.contains("heartbeat of reward-verifier-1") ?? false
                    })
                #expect(stall.fields["members"]?.description.contains("reward-verifier-1") ?? false)
            }
        }

        @Test func aSilentBroadcasterIsNamed() throws {
            // Whatever a worker generates with weights of its own is soon too old.
            try ClusterRun.with(Self.settings + ["schedule.max_staleness=1"]) { run in
                try run.waitForSteps(3)
                try expectNamed(
                    [
                        ("rollout-worker-1", "weights from parameter-broadcaster-1"),
                        ("learner", "heartbeat of parameter-broadcaster-1"),
                    ], in: run,
                    stop: { try run.freeze("parameter-broadcaster-1") },
                    goOn: { try run.thaw("parameter-broadcaster-1") })
            }
        }

        /// The run pauses, says why, and goes on to the same weights as a run with room enough.
        @Test func aFullDiskIsNamedAndCostsNothing() throws {
            let settings = [
                "schedule.kind=lockstep", "schedule.lag=1", "run.steps=200", "checkpoint.every_steps=20",
                "checkpoint.keep=1",
            ]
            var peaceful: [Int: String] = [:]
            try ClusterRun.with(settings) { run in
                _ = try run.waitForTheEnd()
                peaceful = try run.hashes()
            }
            try ClusterRun.withDirectory { directory in
                let disk = directory + "/runs"
                guard try Disk.mount(at: disk, megabytes: 256) else {
                    print(
                        "aFullDiskIsNamedAndCostsNothing: skipped, no small disk can be mounted without root's rights")
                    return
                }
                defer { Disk.unmount(disk) }
                try ClusterRun.with(settings, in: directory) { run in
                    try run.waitForSteps(3)
                    try expectNamed(
                        [("learner", "room for the run's database")], in: run,
                        stop: { try Disk.fill(disk + "/ballast") },
                        goOn: { try FileManager.default.removeItem(atPath: disk + "/ballast") })
                    let blocked = try #require(try run.lines("journal_blocked", of: "learner").first)
                    #expect(blocked.text("reason")?.contains("is full: free some space") ?? false)
                    #expect(try run.lines("child_exited").isEmpty)
                    // A learner that dies without room starts again, if need be until there is some.
                    try Disk.fill(disk + "/ballast")
                    #expect(try run.finished() == nil, "the run was over too early: nothing was shown")
                    try run.kill9("learner")
                    try FileManager.default.removeItem(atPath: disk + "/ballast")
                    expectComplete(try run.waitForTheEnd(), steps: 200)
                    #expect(try run.hashes() == peaceful)
                    for step in try run.steps() { #expect(step["conservation_ok"] == .boolean(true)) }
                }
            }
        }

        /// After `stop`, these processes say within ten seconds what they wait for; after `goOn` the run does go on.
        private func expectNamed(
            _ waiting: [(process: String, cause: String)], in run: ClusterRun, stop: () throws -> Void,
            goOn: () throws -> Void
        ) throws {
            try stop()
            let deadline = Date(timeIntervalSinceNow: 10)
            for (process, cause) in waiting {
                try run.wait(for: "\(process) to tell of \(cause)", seconds: deadline.timeIntervalSinceNow) {
                    try run.lines("stalled", of: process).contains { $0.text("waiting_for")?.contains(cause) ?? false }
                }
            }
            // Of several things that one waits for, the status shows the one it has waited for longest.
            let (process, cause) = waiting[0]
            let status = try run.status()
            let row = status.split(separator: "\n").first { $0.hasPrefix(process) }
            #expect(row?.contains(cause) ?? false, "\(status)")
            try goOn()
            try run.wait(for: "the stall to be over") {
                try waiting.allSatisfy { try !run.lines("stall_over", of: $0.process).isEmpty }
            }
            try run.waitForSteps(3)
        }
    }
}
