import Learner
import Model
import ModelTestSupport
import Objective
import Testing

/// In which direction penalties and bonuses pull, when nothing else does: all advantages are zero.
@Suite struct PenaltyTests {
    let fixture: TrainingFixture

    init() throws { fixture = try TrainingFixture() }

    /// Reports of some steps on the same groups.
    private func reports(
        reference: PolicySnapshot? = nil, _ change: (inout TrainingSettings) -> Void
    ) throws -> [StepReport] {
        var settings = try TrainingSettings(fixture.run)
        settings.advantages = .zero
        settings.replay = .none
        change(&settings)
        let trainer = PolicyTrainer(
            start: TrainingState(policy: fixture.start), reference: reference, configuration: fixture.configuration,
            settings: settings)
        let groups = try fixture.groups(4)
        return try (0..<4).map { _ in try trainer.step(groups) }
    }

    @Test(arguments: [0.5, -0.5])
    func theEntropyBonusMovesTheEntropy(coefficient: Double) throws {
        let reports = try reports { $0.entropyBonus = EntropyBonus(coefficient: coefficient) }
        let entropies = reports.map(\.statistics.total.meanEntropy)
        #expect(
            zip(entropies, entropies.dropFirst()).allSatisfy { coefficient > 0 ? $0 < $1 : $0 > $1 }, "\(entropies)")
        #expect(abs(reports[0].entropyBonusLoss - reports[0].loss) < 1e-12)
        #expect(reports.allSatisfy { ($0.entropyBonusLoss < 0) == (coefficient > 0) })
    }

    @Test func theReferencePenaltyPullsTowardsTheReference() throws {
        let reference = fixture.start.moved { $1 * ($0 % 2 == 0 ? 1.01 : 0.995) }
        let reports = try reports(reference: reference) { $0.referencePenalty = ReferencePenalty(coefficient: 2e-4) }
        let distances = reports.map(\.reference.thirdKL)
        #expect(distances[0] > 1e-4)
        #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 > $1 }, "\(distances)")
        #expect(reports.allSatisfy { abs($0.reference.loss - $0.loss) < 1e-12 })
    }

    /// At the reference itself the penalty is exactly nothing: the same bits on both sides.
    @Test func thePolicyThatTheRunStartsFromIsTheReference() throws {
        let reports = try reports { $0.referencePenalty = ReferencePenalty(coefficient: 1) }
        #expect(reports[0].reference.thirdKL == 0 && reports[0].gradientNorm == 0)
    }

    @Test func theBalanceLossEvensTheLoad() throws {
        let reports = try reports { $0.loadBalance = 0.1 }
        let losses = reports.map(\.balanceLoss)
        // The coefficient is what an even load costs.
        #expect(losses[0] > 0.1 && zip(losses, losses.dropFirst()).allSatisfy { $0 > $1 }, "\(losses)")
        #expect(try #require(reports[0].expertLoad).maximum > 1)
        #expect(reports.allSatisfy { abs($0.balanceLoss - $0.loss) < 1e-9 })
    }

    @Test func theOverlongPenaltyIsPartOfTheAdvantageAndNotOfTheReward() throws {
        let groups = try fixture.groups(4)
        func report(_ penalty: OverlongPenalty?) throws -> StepReport {
            try fixture.trainer { $0.overlongPenalty = penalty }.step(groups)
        }
        let (without, with) = (try report(nil), try report(OverlongPenalty(limit: 20, buffer: 15)))
        #expect(with.rewardMean == without.rewardMean && with.accuracy == without.accuracy)
        #expect(without.overlongPenaltyMean == 0 && with.overlongPenaltyMean < 0)
        #expect(with.loss != without.loss || with.gradientNorm != without.gradientNorm)
        let lengths = groups.flatMap(\.responses).map(\.tokens.count)
        let expected = lengths.map { OverlongPenalty(limit: 20, buffer: 15).penalty(length: $0) }
        #expect(abs(with.overlongPenaltyMean - expected.reduce(0, +) / Double(lengths.count)) < 1e-12)
    }
}
