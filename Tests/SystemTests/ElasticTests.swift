import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// Every role comes and goes while the run goes on, and afterwards the run's database has nothing to hide.
    @Suite(.serialized) @BlockingThread
    struct Elasticity {
        @Test func withoutWorkersTheRunWaitsAndGoesOnWhenTheyComeBack() throws {
            try ClusterRun.with(["run.steps=150", "cluster.rollout_workers=2"]) { run in
                try run.waitForSteps(5)
                try run.scale("rollout-worker", to: 0)
                try run.wait(for: "the learner to tell that it has no workers", seconds: 15) {
                    try run.lines("stalled", of: "learner").contains {
                        $0.text("waiting_for")?.contains("any rollout worker") ?? false
                    }
                }
                let steps = try run.steps().count
                #expect(try run.finished() == nil && steps < 150)
                try run.scale("rollout-worker", to: 2)
                expectComplete(try run.waitForTheEnd(), steps: 150)
                expectPromises(try run.steps())
                #expect(try !run.lines("stall_over", of: "learner").isEmpty)
                try expectAudit(run)
            }
        }

        @Test func severalVerifiersAndBroadcastersShareTheWork() throws {
            let settings = [
                "run.steps=150", "cluster.rollout_workers=3", "cluster.reward_verifiers=3",
                "cluster.parameter_broadcasters=2",
            ]
            try ClusterRun.with(settings) { run in
                try run.waitForSteps(5)
                try run.kill9("reward-verifier-2")
                try run.kill9("parameter-broadcaster-2")
                try run.waitForSteps(5)
                try run.scale("reward-verifier", to: 1)
                #expect(try run.finished() == nil, "the run was over too early: nothing was shown")
                expectComplete(try run.waitForTheEnd(), steps: 150)
                expectPromises(try run.steps())
                for verifier in 1...3 {
                    let judged = try run.lines("verify_progress", of: "reward-verifier-\(verifier)").map {
                        $0.number("verified_total") ?? 0
                    }
                    #expect((judged.max() ?? 0) > 0, "reward-verifier-\(verifier) had nothing to do")
                }
                for broadcaster in 1...2 {
                    let served = try run.lines("serve_progress", of: "parameter-broadcaster-\(broadcaster)").map {
                        $0.number("transfers_completed_total") ?? 0
                    }
                    #expect((served.max() ?? 0) > 0, "parameter-broadcaster-\(broadcaster) had nothing to do")
                }
                #expect(try run.steps().allSatisfy { $0.numbers("unknown").isEmpty })
                try expectAudit(run)
            }
        }

        /// The only broadcaster leaves; the next one listens elsewhere.
        @Test func aBroadcasterMayMove() throws {
            try ClusterRun.with(["run.steps=150"]) { run in
                try run.waitForSteps(5)
                try run.scale("parameter-broadcaster", to: 0)
                try run.scale("parameter-broadcaster", to: 1)
                try run.waitForSteps(20)
                let addresses = try run.lines("serving", of: "parameter-broadcaster-1").compactMap {
                    $0.text("address")
                }
                #expect(addresses.count == 2 && Set(addresses).count == 2)
                expectComplete(try run.waitForTheEnd(), steps: 150)
                expectPromises(try run.steps())
                try expectAudit(run)
            }
        }

        private func expectAudit(_ run: ClusterRun) throws {
            let audit = try run.tool("audit", run.path)
            #expect(audit.status == 0 && audit.output.contains("promises hold"), "\(audit.output)")
        }
    }
}
