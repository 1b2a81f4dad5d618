import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// Promise 6: the same configuration gives the same weights at every step, whoever generated them and whatever happened.
    @Suite(.serialized) @BlockingThread
    struct Lockstep {
        static let steps = 40

        private func settings(lag: Int, _ others: [String]) -> [String] {
            ["schedule.kind=lockstep", "schedule.lag=\(lag)", "run.steps=\(Self.steps)"] + others
        }

        /// Hashes of the weights by step; the run must be complete, and every token of the version that the lag names.
        private func hashes(
            lag: Int, _ others: [String], during body: (ClusterRun) throws -> Void = { _ in }
        ) throws -> [String] {
            var hashes: [String] = []
            try ClusterRun.with(settings(lag: lag, others)) { run in
                try body(run)
                expectComplete(try run.waitForTheEnd(), steps: Self.steps)
                let steps = try run.steps()
                expectPromises(steps, maximumStaleness: Double(lag))
                for step in steps {
                    let expected = min((step.number("step") ?? 0) - 1, Double(lag))
                    #expect(step.number("staleness_min") == expected && step.number("staleness_max") == expected)
                }
                hashes = try run.hashes().sorted { $0.key < $1.key }.map(\.value)
            }
            return hashes
        }

        @Test(arguments: [0, 1, 3])
        func workersThreadsAndKillsChangeNoBit(lag: Int) throws {
            let plain = try hashes(lag: lag, ["cluster.rollout_workers=1", "optimizer.threads=1"])
            #expect(plain.count == Self.steps && Set(plain).count > Self.steps / 2)
            let disturbed = try hashes(lag: lag, ["cluster.rollout_workers=4", "optimizer.threads=2"]) { run in
                try run.waitForSteps(3)
                try run.kill9("rollout-worker-2")
                try run.waitForSteps(3)
                try run.kill9("reward-verifier-1")
                try run.kill9("parameter-broadcaster-1")
                try run.kill9("rollout-worker-1")
            }
            #expect(disturbed == plain)
        }

        /// So it is in bf16, where every audited token has the learner's bits, too.
        @Test func productsInBf16ChangeNoBitEither() throws {
            let plain = try hashes(
                lag: 1, ["policy.arithmetic=bf16", "cluster.rollout_workers=1", "optimizer.threads=1"])
            let other = try hashes(
                lag: 1, ["policy.arithmetic=bf16", "cluster.rollout_workers=3", "optimizer.threads=2"])
            #expect(plain == other && Set(plain).count > Self.steps / 2)
        }

        /// Generation goes on while the learner trains: with a lag of one, no worker waits for a lease until a version is out.
        @Test func anotherSeedGivesOtherWeights() throws {
            let first = try hashes(lag: 1, ["run.seed=3"])
            let second = try hashes(lag: 1, ["run.seed=4"])
            #expect(first.count == second.count && zip(first, second).allSatisfy { $0 != $1 })
        }
    }
}
