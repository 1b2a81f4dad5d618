import Learner
import Model
import ModelTestSupport
import Objective
import Testing
import Wire

/// Which experts a step trains, under each of the replay modes.
@Suite struct RoutingReplayStepTests {
    let fixture: TrainingFixture

    init() throws { fixture = try TrainingFixture() }

    private func step(
        _ groups: [Experience], _ replay: TrainingSettings.RoutingReplay, miniBatches: Int = 1
    ) throws -> (report: StepReport, sha256: [UInt8]) {
        let trainer = try fixture.trainer {
            $0.replay = replay
            $0.miniBatches = miniBatches
        }
        return (try trainer.step(groups), trainer.snapshot.sha256)
    }

    /// Another expert everywhere, as if the rollout had chosen differently.
    private static func shift(_ group: inout GroupSubmission) {
        let prompt = group.promptRoutes?.ids ?? [], responses = group.responseRoutes?.ids ?? []
        group.promptRoutes?.ids = prompt.map { ($0 + 1) % 8 }
        group.responseRoutes?.ids = responses.map { ($0 + 1) % 8 }
    }

    @Test func onPolicyAllModesAreOne() throws {
        let groups = try fixture.groups(4)
        let reference = try step(groups, .none)
        for replay in [TrainingSettings.RoutingReplay.recomputed, .rollout] {
            #expect(try step(groups, replay).sha256 == reference.sha256)
        }
        #expect(reference.report.expertDisagreement?.fraction == 0)
        // Over several updates the two replays still agree, since π_old is what sampled.
        #expect(
            try step(groups, .recomputed, miniBatches: 2).sha256 == step(groups, .rollout, miniBatches: 2).sha256)
    }

    @Test func onlyTheRolloutsReplayFollowsTheRollout() throws {
        let groups = try fixture.groups(4, Self.shift)
        let native = try step(groups, .none)
        #expect(try step(groups, .recomputed).sha256 == native.sha256)
        let replayed = try step(groups, .rollout)
        #expect(replayed.sha256 != native.sha256)
        // Where the rollout's experts are used, the routers are asked all the same what they would have chosen.
        for report in [native.report, replayed.report, try step(groups, .rollout, miniBatches: 2).report] {
            let disagreement = try #require(report.expertDisagreement)
            #expect(disagreement.fraction > 0.5 && disagreement.fractionByLayer.count == 2)
            #expect(disagreement.fractionByLayer.allSatisfy { $0 > 0.5 })
        }
    }

    /// Rows without recorded experts fall back to the router, are counted, and cost their neighbours nothing.
    @Test func missingRoutesAreCountedAndOthersStillReplayed() throws {
        let replayed = try fixture.groups(2, Self.shift)
        let mixed = try fixture.groups(2) { group in
            Self.shift(&group)
            if group.groupID == 1 {
                group.promptRoutes = nil
                group.responseRoutes = nil
            }
        }
        let whole = try step(replayed, .rollout), part = try step(mixed, .rollout)
        #expect(whole.report.rowsWithoutRoutes == 0)
        #expect(part.report.rowsWithoutRoutes == mixed[1].rows)
        let native = try step(mixed, .none)
        #expect(part.sha256 != whole.sha256 && part.sha256 != native.sha256)
    }
}
