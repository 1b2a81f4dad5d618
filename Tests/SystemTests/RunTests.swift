import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// Whole runs through which processes come and go.
    @Suite(.serialized) @BlockingThread
    struct Runs {
        @Test func scalingFromOneToFourAndBackLosesNothing() throws {
            try ClusterRun.with(["run.steps=300"]) { run in
                try run.waitForSteps(3)
                try run.scale("rollout-worker", to: 4)
                try run.wait(for: "groups of all four workers") {
                    let progress = try run.lines("rollout_progress")
                    let working = progress.filter { ($0.number("groups_completed_total") ?? 0) > 0 }
                    return Set(working.map(\.id)).count == 4
                }
                try run.waitForSteps(3)
                try run.scale("rollout-worker", to: 1)
                #expect(try run.finished() == nil, "the run was over before it was scaled down: nothing was shown")
                expectComplete(try run.waitForTheEnd(), steps: 300)
                expectPromises(try run.steps())
                // Those who were scaled away handed their work back and left in order.
                for worker in 2...4 { #expect(try run.lines("finished", of: "rollout-worker-\(worker)").count == 1) }
                #expect(try run.lines("failed").isEmpty)
            }
        }

        @Test func killedProcessesCostNothingButTime() throws {
            try ClusterRun.with(["run.steps=300", "cluster.rollout_workers=2"]) { run in
                try run.waitForSteps(3)
                // With the verifier frozen, every worker soon has its hands full of groups that wait for a verdict.
                try run.freeze("reward-verifier-1")
                for worker in ["rollout-worker-1", "rollout-worker-2"] { try waitForFullHands(of: worker, in: run) }
                try run.kill9("rollout-worker-1")
                try run.wait(for: "its leases to be taken back") {
                    try run.lines("leases_taken_back", of: "learner").contains {
                        $0.text("member") == "rollout-worker-1" && $0.number("groups") == 4
                    }
                }
                try run.kill9("reward-verifier-1")
                try run.waitForSteps(3)
                let restart = try run.steps().count
                try run.kill9("parameter-broadcaster-1")
                try run.waitForSteps(3)
                #expect(try run.finished() == nil, "the run was over before the last kill: nothing was shown")
                expectComplete(try run.waitForTheEnd(), steps: 300)
                expectPromises(try run.steps())
                // A dead verifier is no verdict: whoever waited for it asked its next life.
                #expect(try run.steps().allSatisfy { $0.numbers("unknown").isEmpty })
                #expect(try run.finished()?.numbers("dropped")["unknown_reward"] == nil)
                // The broadcaster's new life served what came after its start.
                let served = try #require(try run.lines("serve_progress", of: "parameter-broadcaster-1").last)
                #expect((served.number("version") ?? 0) > Double(restart))
                #expect((served.number("transfers_completed_total") ?? 0) > 0)
                #expect(try run.lines("joined", of: "rollout-worker-1").count == 2)
            }
        }

        /// Promise 5, live, where it is hardest: responses during which the worker took up new weights.
        @Test func theAuditHoldsAcrossVersionsWithinAResponse() throws {
            // Many responses at once, and at a high temperature some long ones.
            let settings = [
                "run.steps=100", "rollout.max_response_tokens=64", "rollout.temperature=3", "rollout.group_size=8",
                "rollout.concurrent_groups=8",
            ]
            try ClusterRun.with(settings) { run in
                expectComplete(try run.waitForTheEnd(), steps: 100)
                let steps = try run.steps()
                expectPromises(steps)
                func total(_ field: String) -> Double { steps.reduce(0) { $0 + ($1.number(field) ?? 0) } }
                #expect(total("responses_of_several_versions") > 0)
                // All groups were audited, so those responses were among them.
                #expect(total("audit_tokens_checked") == total("response_tokens"))
                #expect(total("audit_tokens_unchecked") == 0)
                // The versions did differ, or the audit would have shown nothing.
                #expect(Set(steps.compactMap { $0.text("sha256") }).count > 20)
            }
        }

        /// On policy: every token is of the version that trains on it, and nothing is generated in vain.
        @Test func aBoundOfZeroHoldsAndWastesNothing() throws {
            try ClusterRun.with(["run.steps=40", "schedule.max_staleness=0", "cluster.rollout_workers=2"]) { run in
                let end = try run.waitForTheEnd()
                expectComplete(end, steps: 40)
                expectPromises(try run.steps(), maximumStaleness: 0)
                #expect(end.numbers("dropped")["over_age"] == nil)
            }
        }

        /// A worker that was frozen with its hands full comes back with groups of a long gone version.
        ///
        /// The learner lets eight groups be out, of which three may have arrived: enough for one worker's hands, and for the
        /// batches of another's groups while the first is frozen.
        @Test func whatIsTooOldIsDroppedCountedAndIssuedAgain() throws {
            let settings = [
                "run.steps=100", "schedule.max_staleness=2", "cluster.lease_seconds=600",
                "cluster.member_timeout_seconds=600",
            ]
            try ClusterRun.with(settings) { run in
                try run.waitForSteps(3)
                try run.freeze("reward-verifier-1")
                try waitForFullHands(of: "rollout-worker-1", in: run)
                try run.freeze("rollout-worker-1")
                let before = try run.steps().last?.numbers("dropped")["over_age"] ?? 0
                try run.thaw("reward-verifier-1")
                try run.scale("rollout-worker", to: 2)
                try run.waitForSteps(4)
                try run.thaw("rollout-worker-1")
                try run.wait(for: "over-age groups to be dropped") {
                    try (run.steps().last?.numbers("dropped")["over_age"] ?? 0) > before || run.finished() != nil
                }
                expectComplete(try run.waitForTheEnd(), steps: 100)
                let steps = try run.steps()
                expectPromises(steps, maximumStaleness: 2)
                #expect((steps.last?.numbers("dropped")["over_age"] ?? 0) >= before + 4)
                #expect(try !run.lines("over_age", of: "learner").isEmpty)
            }
        }

        /// Waits until a worker has as many groups as it may and does nothing but wait for their verdicts.
        private func waitForFullHands(of worker: String, in run: ClusterRun) throws {
            try run.wait(for: "\(worker) to wait for verdicts") {
                try run.lines("rollout_progress", of: worker).last?.text("waiting_for")?.hasPrefix("verdict from ")
                    ?? false
            }
        }
    }
}
