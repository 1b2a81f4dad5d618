import Foundation
import Objective
import Testing

@Suite struct CorrectionTests {
    /// One sequence of four tokens with π_old/μ = 0.25, 1, 4, 8 and nothing else amiss.
    private var batch: ObjectiveBatch {
        let gaps: [Float] = [-2, 0, 2, 3].map { $0 * Float(log(2.0)) }
        return ObjectiveBatch(
            offsets: [0, 4], logProbabilities: gaps, oldLogProbabilities: gaps, samplerLogProbabilities: [0, 0, 0, 0],
            mask: [true, true, true, true], advantages: [1])
    }

    private func expectClose(_ values: [Float], _ expected: [Float]) {
        #expect(values.count == expected.count && zip(values, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(values)")
    }

    @Test func icePopKeepsOnlyTheInside() {
        expectClose(TokenCorrection.icePop().weights(batch), [0, 1, 4, 0])
        #expect([0.5, 5, 0.499, 5.001].map(TokenCorrection.icePop().weight) == [0.5, 5, 0, 0])
    }

    @Test func truncationCapsFromAbove() {
        expectClose(TokenCorrection.truncated(maximum: 2).weights(batch), [0.25, 1, 2, 2])
        expectClose(TokenCorrection.none.weights(batch), [1, 1, 1, 1])
    }

    @Test func aNonFiniteRatioStaysVisible() {
        #expect(TokenCorrection.icePop().weight(.nan).isNaN)
        #expect(TokenCorrection.truncated().weight(.nan).isNaN)
    }

    /// A dropped token takes its own gradient with it and leaves the others' denominators alone.
    @Test func denominatorsKeepTheOriginalTokenCount() {
        var corrected = batch
        corrected.multiplyWeights(by: TokenCorrection.icePop().weights(batch))
        for objective in [GSPO(), GRPO(), DAPO()] as [any PolicyObjective] {
            let plain = objective.evaluate(batch).dLogProbabilities
            expectClose(plain, [-0.25, -0.25, -0.25, -0.25])
            expectClose(objective.evaluate(corrected).dLogProbabilities, [0, -0.25, -1, 0])
        }
    }

    @Test func weightsMultiply() {
        var weighted = batch
        weighted.multiplyWeights(by: [2, 2, 0, 1])
        weighted.multiplyWeights(by: [0.5, 3, 1, 1])
        #expect(weighted.weights == [1, 6, 0, 1])
    }

    @Test func geometricMaskDropsWholeSequences() {
        // Geometric mean of 1/4, 1, 4, 8 is 8^(1/4) ≈ 1.68.
        #expect(GeometricSequenceMask(low: 0.5, high: 1.7).weights(batch) == [1, 1, 1, 1])
        #expect(GeometricSequenceMask(low: 0.5, high: 1.6).weights(batch) == [0, 0, 0, 0])
        #expect(GeometricSequenceMask(low: 1.7, high: 3).weights(batch) == [0, 0, 0, 0])
    }

    @Test func offPolicyMaskDropsOnlyBadSequencesFarAway() {
        var batch = batch
        batch.logProbabilities = [-1, -1, -1, -1]
        let mask = OffPolicySequenceMask(threshold: 0.9)
        #expect(mask.weights(batch) == [1, 1, 1, 1])
        batch.advantages = [-1]
        #expect(mask.weights(batch) == [0, 0, 0, 0])
        #expect(OffPolicySequenceMask(threshold: 1.1).weights(batch) == [1, 1, 1, 1])
    }

    @Test func entropyMaskKeepsOneEndAndRenormalises() {
        let mask = [true, true, false, true, true, true]
        let entropies: [Float] = [0.1, 3, 9, 2, 0.2, 0.3]
        #expect(EntropyMask(fraction: 0.4).weights(entropies: entropies, mask: mask) == [0, 2.5, 0, 2.5, 0, 0])
        let bottom = EntropyMask(fraction: 0.4, end: .bottom).weights(entropies: entropies, mask: mask)
        #expect(bottom == [2.5, 0, 0, 0, 2.5, 0])
        let ties = EntropyMask(fraction: 0.5).weights(entropies: [1, 1, 1, 1], mask: [true, true, true, true])
        #expect(ties == [2, 2, 0, 0])
        #expect(EntropyMask().weights(entropies: [1], mask: [false]) == [0])
    }

    @Test func weightsOfCorrectionAndMasksMultiplyAndAreCounted() {
        var weighted = batch
        let weighting = TokenWeighting(
            correction: .truncated(maximum: 2), geometricMask: GeometricSequenceMask(low: 0.5, high: 2),
            entropyMask: EntropyMask(fraction: 0.5))
        let statistics = weighting.weigh(&weighted, entropyWeights: [2, 0, 0, 2])
        expectClose(weighted.weights, [0.5, 0, 0, 4])
        #expect(statistics.tokens == 4 && statistics.clampedTokens == 2)
        #expect(abs(statistics.meanWeight - 5.25 / 4) < 1e-6)
        #expect(statistics.maskedFractions == [.geometric: 0, .entropy: 0.5])
        var untouched = batch
        _ = TokenWeighting().weigh(&untouched, entropyWeights: [])
        #expect(untouched.weights.isEmpty)
    }
}
