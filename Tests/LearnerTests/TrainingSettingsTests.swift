import Configuration
import Learner
import Model
import ModelTestSupport
import Objective
import Testing

/// From a run's configuration to what is trained: published defaults, what overrides them, and what makes no sense.
@Suite struct TrainingSettingsTests {
    private func settings(_ overrides: String...) throws -> TrainingSettings {
        try TrainingSettings(RunConfiguration.load(files: [], overrides: overrides))
    }

    private static let kinds = RunConfiguration.Objective.Kind.allCases

    @Test(arguments: kinds)
    func everyObjectiveRunsWithItsKindAlone(_ kind: RunConfiguration.Objective.Kind) throws {
        let settings = try settings("objective.kind=\(kind.rawValue)", "rollout.max_response_tokens=100")
        #expect(settings.objective.name == kind.rawValue)
        let isCentered = [.drGRPO, .miniRL, .reinforce].contains(kind)
        #expect(settings.advantages == (isCentered ? .centered : .standardized()))
        let corrects = [.miniRL, .decoupledPPO].contains(kind)
        #expect(settings.weighting == TokenWeighting(correction: corrects ? .none : .icePop()))
        #expect(settings.dynamicSampling == (kind == .dapo))
        #expect(settings.overlongPenalty == (kind == .dapo ? OverlongPenalty(limit: 100, buffer: 20) : nil))
        #expect(settings.referencePenalty == nil && settings.entropyBonus == nil && settings.loadBalance == 0)
    }

    /// Each setting of the section reaches the training, by itself.
    @Test(arguments: [
        ["objective.clip_low=0.1"], ["objective.clip_high=0.1"],
        ["objective.kind=mini-rl", "objective.maximum_weight=3"],
        ["objective.kind=sapo", "objective.temperature_positive=2"],
        ["objective.kind=sapo", "objective.temperature_negative=2"],
        ["objective.kind=decoupled-ppo", "objective.proximal_policy=log-linear"],
        ["objective.kind=grpo", "objective.aggregation=token-mean"],
        ["objective.kind=grpo", "objective.aggregation=constant", "objective.aggregation_tokens=9"],
        ["objective.advantage=leave-one-out"], ["objective.advantage=centered"], ["objective.advantage=zero"],
        ["objective.overlong.buffer_tokens=8"],
        ["objective.kind=dapo", "objective.overlong.penalty=0.5"], ["objective.correction.kind=tis"],
        ["objective.correction.kind=none"], ["objective.correction.low=0.9"], ["objective.correction.high=2"],
        ["objective.geometric_mask.low=0.9"], ["objective.geometric_mask.high=1.1"],
        ["objective.off_policy_mask.threshold=0.1"], ["objective.entropy_mask.fraction=0.2"],
        ["objective.entropy_mask.fraction=0.2", "objective.entropy_mask.end=bottom"],
        ["objective.routing_replay=r2"], ["objective.routing_replay=none"], ["objective.reference_kl=0.1"],
        ["objective.entropy_bonus=0.1"], ["objective.load_balance=0.1"], ["batch.dynamic_sampling=true"],
    ])
    func everySettingReachesTheTraining(_ overrides: [String]) throws {
        let configuration = try RunConfiguration.load(files: [], overrides: overrides)
        let without = try RunConfiguration.load(files: [], overrides: Array(overrides.dropLast()))
        let (with, before) = (try TrainingSettings(configuration), try TrainingSettings(without))
        // The summary is what a user sees of it, so a change that it does not show would be a change unseen.
        let changed = zip(with.summary, before.summary).filter { $0.text != $1.text }
        #expect(changed.count == 1, "\(overrides): \(changed.map(\.0.name))")
    }

    @Test(arguments: [
        (["objective.kind=sapo", "objective.clip_low=0.1"], "objective.clip_low"),
        (["objective.kind=cispo", "objective.clip_low=0.1"], "objective.clip_low"),
        (["objective.kind=reinforce", "objective.clip_high=0.1"], "objective.clip_high"),
        (["objective.kind=gspo", "objective.maximum_weight=2"], "objective.maximum_weight"),
        (["objective.kind=grpo", "objective.temperature_positive=2"], "objective.temperature_positive"),
        (["objective.kind=gspo", "objective.proximal_policy=log-linear"], "objective.proximal_policy"),
        (["objective.kind=gspo", "objective.aggregation=token-mean"], "objective.aggregation"),
        (["objective.kind=gmpo", "objective.aggregation=constant"], "objective.aggregation"),
        (["objective.kind=grpo", "objective.aggregation_tokens=9"], "objective.aggregation_tokens"),
        (["objective.kind=mini-rl", "objective.correction.kind=icepop"], "objective.correction.kind"),
        (["objective.kind=decoupled-ppo", "objective.correction.kind=tis"], "objective.correction.kind"),
        (["objective.correction.kind=none", "objective.correction.high=2"], "objective.correction.high"),
        (["objective.correction.kind=tis", "objective.correction.low=0.1"], "objective.correction.low"),
        (["objective.kind=mini-rl", "objective.correction.high=2"], "objective.correction.high"),
        (
            [
                "objective.kind=decoupled-ppo", "objective.proximal_policy=log-linear", "objective.routing_replay=r2",
            ], "objective.routing_replay"
        ),
        (["objective.overlong.penalty=0.5"], "objective.overlong.buffer_tokens"),
        (["objective.entropy_mask.end=bottom"], "objective.entropy_mask.fraction"),
    ])
    func whatMakesNoSenseIsRefusedWithASentence(_ overrides: [String], _ setting: String) throws {
        let configuration = try RunConfiguration.load(files: [], overrides: overrides)
        let error = #expect(throws: ObjectiveError.self) { try TrainingSettings(configuration) }
        let text = try #require(error).description
        #expect(text.contains(setting), "\(text)")
        #expect(text.contains("set ") || text.contains("must be") || text.contains("choose"), "\(text)")
    }

    @Test func theOverlongBufferFitsTheResponse() {
        #expect(throws: Configuration.ConfigurationError.self) {
            try RunConfiguration.load(
                files: [], overrides: ["objective.overlong.buffer_tokens=200", "rollout.max_response_tokens=100"])
        }
    }

    @Test func balanceNeedsExperts() throws {
        let settings = try settings("objective.load_balance=0.01")
        #expect(throws: Never.self) { try settings.validate(ModelFixture("qwen3_moe").configuration) }
        #expect(throws: ObjectiveError.self) { try settings.validate(ModelFixture("qwen3_dense").configuration) }
    }

    @Test func truncationsHaveTheirOwnDefaults() throws {
        #expect(try settings("objective.correction.kind=tis").weighting.correction == .truncated(maximum: 2))
        #expect(try settings().weighting.correction == .icePop(low: 0.5, high: 5))
        #expect(
            try settings("objective.geometric_mask.low=0.9").weighting.geometricMask
                == GeometricSequenceMask(low: 0.9, high: .infinity))
    }
}
