import Foundation
import Objective
import Testing

@Suite struct GSPOTests {
    /// Two tokens, log-ratios 0.1 and 0.3: s = e^0.2.
    private func batch(advantage: Float, shift: Float = 0) -> ObjectiveBatch {
        ObjectiveBatch(
            offsets: [0, 3], logProbabilities: [-1 + shift, -2, -0.5 + shift],
            oldLogProbabilities: [-1, -9, -0.5], samplerLogProbabilities: [-1, -9, -0.5],
            mask: [true, false, true], advantages: [advantage])
    }

    @Test func gradientIsRatioTimesAdvantageOverLength() {
        let clip = ClipRange(low: 0.5, high: 0.5)
        let result = GSPO(clip: clip).evaluate(
            batch(advantage: 2, shift: 0.25), totals: StepTotals(sequences: 4, tokens: 99))
        let expected = Float(-exp(0.25) * 2 / 2 / 4)
        #expect(abs(result.dLogProbabilities[0] - expected) < 1e-7)
        #expect(result.dLogProbabilities[1] == 0)
        #expect(abs(result.dLogProbabilities[2] - expected) < 1e-7)
        #expect(abs(result.loss + exp(0.25) * 2 / 4) < 1e-12)
    }

    @Test func clipsAboveForPositiveAndBelowForNegativeAdvantages() {
        let cases: [(advantage: Float, shift: Float, clipped: Bool)] = [
            (1, 0.001, true), (1, 0.0003, false), (1, -0.001, false),
            (-1, -0.001, true), (-1, -0.0002, false), (-1, 0.001, false),
        ]
        for (advantage, shift, clipped) in cases {
            let result = GSPO().evaluate(batch(advantage: advantage, shift: shift))
            #expect(result.clipped == [clipped, false, clipped])
            #expect((result.dLogProbabilities[0] == 0) == clipped, "A = \(advantage), log s = \(shift)")
        }
    }

    @Test func equalsItsTokenFormWhenAdvantagesAreTheSequences() {
        for drift in [1e-4, 0.05] as [Float] {
            let batch = randomBatch(seed: 4, drift: drift)
            #expect(GSPO().evaluate(batch).dLogProbabilities == GSPOToken().evaluate(batch).dLogProbabilities)
            #expect(GSPO().evaluate(batch).loss == GSPOToken().evaluate(batch).loss)
        }
    }

    @Test func tokenFormClipsByTheTokensOwnAdvantage() {
        var batch = batch(advantage: 1, shift: 0.01)
        batch.tokenAdvantages = [1, 0, -1]
        let result = GSPOToken().evaluate(batch)
        #expect(result.clipped == [true, false, false])
        #expect(result.dLogProbabilities[2] > 0)
    }

    @Test func untrainedTokensNeitherCountNorChangeAnything() {
        var batch = randomBatch(seed: 6, drift: 1e-4)
        let before = GSPO().evaluate(batch)
        for token in batch.mask.indices where !batch.mask[token] { batch.logProbabilities[token] = -77 }
        let after = GSPO().evaluate(batch)
        #expect(before.loss == after.loss)
        #expect(before.dLogProbabilities == after.dLogProbabilities)
    }

    @Test func nonFiniteInputsShowInTheResult() {
        var batch = randomBatch(seed: 7, drift: 1e-4)
        batch.logProbabilities[0] = .nan
        let result = GSPO().evaluate(batch)
        #expect(result.loss.isNaN)
        #expect(result.dLogProbabilities[0].isNaN)
    }
}
