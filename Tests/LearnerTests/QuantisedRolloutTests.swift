import Learner
import Model
import Objective
import Testing
import Wire

/// A rollout in eight bits is another sampler than the learner's policy: the step says how far off it is and corrects for it,
/// while the audit still finds every bit that is not the rollout's.
@Suite struct QuantisedRolloutTests {
    let fixture: TrainingFixture

    init() throws { fixture = try TrainingFixture() }

    private func step(
        _ groups: [Experience], auditedAs precision: ForwardPrecision = .int8, correction: TokenCorrection = .none
    ) throws -> (report: StepReport, change: [Float]) {
        let trainer = try fixture.trainer {
            $0.auditedGroups = groups.count
            $0.rolloutPrecision = precision
            $0.weighting.correction = correction
        }
        return (try trainer.step(groups), fixture.change(trainer.snapshot))
    }

    @Test func theGapIsMeasuredAndNoMismatch() throws {
        let rounded = try step(fixture.groups(3, precision: .int8)).report
        let total = rounded.statistics.total
        #expect(rounded.audit.checkedTokens > 0 && rounded.audit.mismatches == 0)
        #expect(total.maximumGap > 1e-4 && total.thirdKL > 0 && total.effectiveSampleSize < 1)
        // π_θ is π_old in the only update: the gap is the sampler's alone.
        #expect(total.maximumRatio == 1)
        let exact = try step(fixture.groups(3), auditedAs: .exact).report
        #expect(exact.audit.mismatches == 0 && exact.statistics.total.maximumGap == 0)
    }

    @Test func theAuditKnowsWhichArithmeticTheRolloutUsed() throws {
        #expect(try step(fixture.groups(2, precision: .int8), auditedAs: .exact).report.audit.mismatches > 0)
        #expect(try step(fixture.groups(2), auditedAs: .int8).report.audit.mismatches > 0)
        let flipped = try fixture.groups(2, precision: .int8) { group in
            guard group.groupID == 1 else { return }
            group.logProbabilities[3] = Float(bitPattern: group.logProbabilities[3].bitPattern ^ 1)
        }
        #expect(try step(flipped).report.audit.mismatches == 1)
    }

    @Test func correctionsSeeTheGap() throws {
        let groups = try fixture.groups(3, precision: .int8)
        let gap = try step(groups).report.statistics.total.maximumGap
        let plain = try step(groups).change
        let truncated = try step(groups, correction: .truncated())
        #expect(truncated.change != plain && truncated.report.weights.meanWeight != 1)
        // Bounds inside the gap leave out the tokens that are furthest off.
        let icePop = try step(groups, correction: .icePop(low: 1 - gap / 4, high: 1 + gap / 4))
        #expect(icePop.report.weights.clampedFraction > 0 && icePop.report.weights.clampedFraction < 1)
        #expect(icePop.change != plain && icePop.change != truncated.change)
        // An exact rollout has nothing to correct.
        let exact = try fixture.groups(3)
        #expect(
            try step(exact, auditedAs: .exact, correction: .truncated()).change
                == step(exact, auditedAs: .exact).change)
    }
}
