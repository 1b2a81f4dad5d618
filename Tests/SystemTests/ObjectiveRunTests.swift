import Foundation
import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// What the configuration says of the objective is what a real run trains, logs and holds on to.
    @Suite(.serialized) @BlockingThread
    struct ObjectiveRuns {
        @Test func aDryRunSaysWhatTheDefaultsStandForAndIsAConfiguration() throws {
            try ClusterRun.withDirectory { directory in
                let (status, output) = try Executables.run("learner", "--dry-run", "--set", "objective.kind=dapo")
                #expect(status == 0)
                #expect(output.contains("aggregation: null") && output.contains("# aggregation: mean over all tokens"))
                #expect(output.contains("# objective: dapo") && output.contains("1 + 0.28"))
                let file = directory + "/resolved.yaml"
                try Data(output.utf8).write(to: URL(fileURLWithPath: file))
                let again = try Executables.run("learner", "--dry-run", "--config", file)
                #expect(again.status == 0 && again.output == output)
            }
        }

        @Test func settingsThatMakeNoSenseTogetherStopTheStart() throws {
            let (status, output) = try Executables.run(
                "learner", "--set", "objective.kind=mini-rl", "--set", "objective.correction.kind=tis")
            #expect(status == 78)
            #expect(output.contains("mini-rl") && output.contains("objective.correction.kind"), "\(output)")
        }

        /// Groups in which everybody did equally well never reach a batch, and no batch is short of them.
        @Test func dynamicSamplingFillsEveryBatchWithSpread() throws {
            let settings = ["run.steps=30", "objective.kind=dapo", "rollout.group_size=2", "cluster.rollout_workers=2"]
            try ClusterRun.with(settings) { run in
                let end = try run.waitForTheEnd()
                expectComplete(end, steps: 30)
                #expect((end.numbers("dropped")["uninformative"] ?? 0) > 0)
                for step in try run.steps() {
                    #expect(step.number("groups") == 4 && step.number("groups_without_spread") == 0)
                    let reward = try #require(step.number("reward_mean"))
                    // Of two responses exactly one is right.
                    #expect(reward == 0.5)
                }
            }
        }

        /// Masks, penalties and a reference, over several mini-batches of stale data, with the learner killed on the way: the
        /// log has their numbers, and both lives hold on to the policy that the run started from.
        @Test func masksAndPenaltiesOfARealRunAreLogged() throws {
            let settings = [
                "run.steps=20", "batch.mini_batches=2", "checkpoint.every_steps=5", "cluster.rollout_workers=2",
                "objective.kind=grpo", "objective.aggregation=token-mean", "objective.overlong.buffer_tokens=8",
                "objective.correction.kind=tis", "objective.geometric_mask.low=0.5",
                "objective.off_policy_mask.threshold=0.1", "objective.entropy_mask.fraction=0.5",
                "objective.reference_kl=0.01", "objective.entropy_bonus=0.001", "objective.load_balance=0.01",
                "batch.recompute_layers=true",
            ]
            try ClusterRun.with(settings) { run in
                try run.waitForSteps(7)
                try run.kill9("learner")
                expectComplete(try run.waitForTheEnd(), steps: 20)
                let starts = try run.lines("objective", of: "learner")
                #expect(starts.count == 2)
                #expect(Set(starts.compactMap { $0.text("reference_sha256") }).count == 1)
                #expect(starts[0].text("aggregation") == "mean over all tokens")
                #expect((starts[0].number("reference_bytes") ?? 0) > 0)
                let steps = try run.steps()
                let always = [
                    "overlong_penalty_mean", "sampler_ratio_mean", "sampler_ratio_max", "correction_weight_mean",
                    "corrected_fraction", "reference_kl_k3", "reference_kl_loss", "entropy_bonus_loss",
                    "load_balance_loss", "expert_load_max", "expert_disagreement", "effective_sample_size",
                ]
                for step in steps {
                    for field in always { #expect(step.number(field) != nil, "\(field)") }
                    let masked = step.numbers("masked_fractions")
                    #expect(Set(masked.keys) == ["geometric", "off_policy", "entropy"])
                    #expect(abs((masked["entropy"] ?? 0) - 0.5) < 0.1)
                    #expect((step.number("entropy_bonus_loss") ?? 0) < 0 && (step.number("load_balance_loss") ?? 0) > 0)
                    #expect(step.number("skipped_updates") == 0)
                    let buckets = step["by_staleness"]?.asObject ?? [:]
                    let shares = buckets.values.compactMap { $0.asObject?["gradient_share"]?.asDouble }
                    #expect(shares.count == buckets.count && abs(shares.reduce(0, +) - 1) < 1e-9)
                }
                #expect(steps.last?["expert_disagreement_by_layer"] != .list([]))
                // All of it is a function of the journal and the policy of the beginning, in both lives.
                let replayed = try run.tool("replay", run.path)
                #expect(replayed.status == 0 && replayed.output.contains("20 steps replayed"), "\(replayed.output)")
                // Far from its beginning, the policy pays for it; the first update of all is at the reference itself.
                #expect((steps.last?.number("reference_kl_k3") ?? 0) > 0)
            }
        }
    }
}
