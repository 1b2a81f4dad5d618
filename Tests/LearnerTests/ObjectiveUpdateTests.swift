import Configuration
import Learner
import Model
import ModelTestSupport
import Objective
import Tensor
import Testing
import Wire

/// From the configuration through the trainer to the weights: what every objective, correction, mask and penalty makes of a
/// batch that an older policy sampled, in the second update of a step, cut into micro-batches.
@Suite struct ObjectiveUpdateTests {
    let fixture: TrainingFixture
    /// What sampled: other weights than those that train.
    let sampler: PolicySnapshot

    init() throws {
        fixture = try TrainingFixture()
        sampler = fixture.start.moved { $1 * ($0 % 3 == 0 ? 1.02 : 0.99) }
    }

    static let cases: [[String]] =
        RunConfiguration.Objective.Kind.allCases.map { ["objective.kind=\($0.rawValue)"] } + [
            ["objective.kind=grpo", "objective.clip_low=0.001", "objective.clip_high=0.001"],
            ["objective.kind=grpo", "objective.aggregation=token-mean"],
            ["objective.kind=gspo-token", "objective.aggregation=constant", "objective.aggregation_tokens=5"],
            ["objective.kind=decoupled-ppo", "objective.proximal_policy=log-linear"],
            ["objective.kind=mini-rl", "objective.maximum_weight=1"],
            ["objective.kind=grpo", "objective.advantage=leave-one-out"],
            ["objective.kind=grpo", "objective.overlong.buffer_tokens=10", "rollout.max_response_tokens=20"],
            ["objective.kind=grpo", "objective.correction.kind=tis", "objective.correction.high=1"],
            ["objective.kind=gspo", "objective.correction.low=0.95", "objective.correction.high=1.05"],
            ["objective.kind=grpo", "objective.geometric_mask.low=0.97", "objective.geometric_mask.high=1.1"],
            ["objective.kind=grpo", "objective.off_policy_mask.threshold=0"],
            ["objective.kind=gspo", "objective.entropy_mask.fraction=0.2"],
            ["objective.kind=dapo", "objective.entropy_mask.fraction=0.8", "objective.entropy_mask.end=bottom"],
            ["objective.kind=grpo", "objective.reference_kl=0.2"],
            ["objective.kind=grpo", "objective.entropy_bonus=0.05"],
            ["objective.kind=grpo", "objective.load_balance=0.5"],
            ["objective.kind=grpo", "objective.load_balance=0.5", "objective.routing_replay=r2"],
            ["objective.kind=grpo", "objective.routing_replay=none"],
            [
                "objective.kind=gspo", "objective.entropy_mask.fraction=0.5", "objective.reference_kl=0.1",
                "objective.entropy_bonus=-0.05", "objective.load_balance=0.1", "batch.recompute_layers=true",
            ],
        ]

    private func settings(_ overrides: [String]) throws -> TrainingSettings {
        var run = fixture.run
        // Without moments an update is a function of its own gradient: −g/(|g| + 1).
        run.optimizer.beta1 = 0
        run.optimizer.beta2 = 0
        run.batch.miniBatches = 2
        for override in overrides { try run.apply(override: override) }
        try run.validate()
        var settings = try TrainingSettings(run)
        settings.maximumRows = 60
        return settings
    }

    private func trainer(_ settings: TrainingSettings) -> PolicyTrainer {
        let start = fixture.start.renumbered(3)
        return PolicyTrainer(
            start: TrainingState(policy: start), configuration: fixture.configuration, settings: settings)
    }

    /// Four groups, one response without a verdict.
    private func groups() throws -> [Experience] {
        try fixture.groups(4, by: sampler) { group in
            if group.groupID == 1 { group.responses[2].verdict.judgement = .unknown(.timeout) }
        }
    }

    @Test(arguments: cases)
    func theSecondUpdateIsThatOfItsFormula(_ overrides: [String]) throws {
        let settings = try settings(overrides)
        let groups = try groups()
        let whole = trainer(settings)
        let report = try whole.step(groups)
        #expect(report.updates == 2 && report.refusals.isEmpty)
        #expect(report.statistics.total.sequences == 15)

        var first = settings
        first.miniBatches = 1
        let half = trainer(first)
        _ = try half.step([groups[0], groups[2]])

        let gradient = try ExpectedUpdate(
            settings: settings, configuration: fixture.configuration, policy: half.snapshot.renumbered(3),
            old: fixture.start, reference: fixture.start, groups: [groups[1], groups[3]]
        ).gradient()
        let (before, after) = (ParameterArena(half.snapshot), ParameterArena(whole.snapshot))
        let change = zip(after.buffer.values, before.buffer.values).map { $0 - $1 }
        let expected = gradient.map { -$0 / (abs($0) + 1) }
        #expect(expected.contains { $0 != 0 })
        #expect(relativeFrobeniusError(change, expected) < 2e-4, "\(relativeFrobeniusError(change, expected))")
    }

    /// Each of the settings above acts: without it the weights come out otherwise.
    @Test(arguments: cases.filter { $0.count > 1 })
    func everySettingActs(_ overrides: [String]) throws {
        let groups = try groups()
        let (with, without) = (trainer(try settings(overrides)), trainer(try settings(Array(overrides.prefix(1)))))
        _ = try with.step(groups)
        _ = try without.step(groups)
        #expect(with.snapshot.sha256 != without.snapshot.sha256)
    }

    /// With everything on: no thread count and no recomputation changes a bit, no cut more than rounding.
    @Test func bitsFollowNeitherThreadsNorRecomputationAndTheCutOnlyRounds() throws {
        let all = try settings(Self.cases[Self.cases.count - 1])
        let groups = try groups()
        func step(_ change: (inout TrainingSettings) -> Void) throws -> PolicySnapshot {
            var settings = all
            change(&settings)
            let trainer = trainer(settings)
            _ = try trainer.step(groups)
            return trainer.snapshot
        }
        let reference = try step { $0.recomputesLayers = false }
        #expect(try step { $0.threads = 2 }.sha256 == reference.sha256)
        #expect(try step { $0.recomputesLayers = true }.sha256 == reference.sha256)
        let change = fixture.change(reference)
        for rows in [1, 90, 100_000] {
            let cut = fixture.change(try step { $0.maximumRows = rows })
            #expect(relativeFrobeniusError(cut, change) < 1e-4, "\(rows) rows")
        }
    }

    @Test func theSecondUpdateOfALogLinearRunNeedsNoPassBeforeIt() throws {
        let groups = try groups()
        let recomputed = try trainer(settings(["objective.kind=decoupled-ppo"])).step(groups)
        let approximated = try trainer(
            settings(["objective.kind=decoupled-ppo", "objective.proximal_policy=log-linear"])
        ).step(groups)
        // Three versions lie between sampler and policy: π_prox is a third of the way from π_θ to μ.
        #expect(approximated.statistics.total.firstKL != recomputed.statistics.total.firstKL)
        #expect(approximated.seconds.oldPolicy < recomputed.seconds.oldPolicy)
    }
}
