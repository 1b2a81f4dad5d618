import Foundation
import Objective
import Testing

@Suite struct StatisticsTests {
    /// Two sequences: log π_θ − log π_old = ln 4, 0 | ln ½; log μ − log π_old = 0, ln 2 | 0.
    private var batch: ObjectiveBatch {
        let two = Float(log(2.0))
        return ObjectiveBatch(
            offsets: [0, 2, 4], logProbabilities: [-1, -1, -1 - two, 5],
            oldLogProbabilities: [-1 - 2 * two, -1, -1, -1], samplerLogProbabilities: [-1 - 2 * two, -1 + two, -1, 7],
            mask: [true, true, true, false], advantages: [1, 1], staleness: [0, 40])
    }

    private func close(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-6 }

    @Test func countsAndMeansByHand() {
        let statistics = StalenessStatistics(
            of: batch, GRPO().evaluate(batch), entropies: [1, 2, 6, 100], rewards: [1, 0])
        let total = statistics.total
        #expect(total.sequences == 2 && total.tokens == 3)
        #expect(total.clippedTokens == 1 && total.clippedSequences == 1)
        #expect(close(total.clippedTokenFraction, 1.0 / 3) && close(total.clippedSequenceFraction, 0.5))
        #expect(close(total.meanRatio, 5.5 / 3) && close(total.maximumRatio, 4))
        #expect(close(total.meanSequenceRatio, (2 + 0.5) / 2) && close(total.maximumSequenceRatio, 2))
        #expect(close(total.ratioAboveTwoFraction, 1.0 / 3))
        #expect(close(total.maximumGap, log(2)))
        #expect(close(total.firstKL, log(2) / 3))
        #expect(close(total.thirdKL, (0.5 - 1 + log(2)) / 3))
        #expect(close(total.effectiveSampleSize, 2.5 * 2.5 / (3 * 2.25)))
        #expect(close(total.meanSamplerRatio, 2.5 / 3) && total.samplerRatioAboveTwoFraction == 0)
        #expect(close(total.maximumSamplerRatio, 1))
        #expect(close(total.meanEntropy, 3) && close(total.meanReward, 0.5))
    }

    @Test func bucketsSplitTheWhole() {
        let result = GRPO().evaluate(batch)
        let statistics = StalenessStatistics(of: batch, result)
        #expect(Set(statistics.byStaleness.keys) == [0, StalenessStatistics.lastBucket])
        #expect(statistics.byStaleness[0]?.tokens == 2)
        #expect(statistics.byStaleness[StalenessStatistics.lastBucket]?.tokens == 1)
        var sum = OffPolicyStatistics()
        for bucket in statistics.byStaleness.keys.sorted() { sum += statistics.byStaleness[bucket] ?? sum }
        #expect(sum == statistics.total)
        let magnitude = zip(result.dLogProbabilities, batch.logProbabilities).reduce(0) {
            $0 + Double(abs($1.0)) * (1 - exp(Double($1.1)))
        }
        #expect(magnitude > 0 && close(statistics.total.gradientMagnitude, magnitude))
    }

    @Test func statisticsOfMicroBatchesAddUp() {
        let batch = randomBatch(seed: 3, drift: 0.3)
        let totals = StepTotals(of: [batch])
        let whole = StalenessStatistics(of: batch, GSPO().evaluate(batch, totals: totals))
        var sum = StalenessStatistics()
        for range in [0..<5, 5..<batch.sequenceCount] {
            let part = slice(batch, range)
            sum += StalenessStatistics(of: part, GSPO().evaluate(part, totals: totals))
        }
        #expect(sum.total.tokens == whole.total.tokens)
        #expect(sum.total.clippedSequences == whole.total.clippedSequences)
        #expect(close(sum.total.meanRatio, whole.total.meanRatio))
        #expect(close(sum.total.effectiveSampleSize, whole.total.effectiveSampleSize))
        #expect(sum.byStaleness.keys == whole.byStaleness.keys)
    }

    /// The signal is the gradient at the logits, whose L1 norm is |d| · 2 (1 − π): against it, written out over a
    /// vocabulary of three.
    @Test func gradientSignalIsTheNormAtTheLogits() {
        let probabilities = [0.7, 0.2, 0.1]
        let batch = ObjectiveBatch(
            offsets: [0, 1], logProbabilities: [Float(log(0.7))], oldLogProbabilities: [Float(log(0.7))],
            samplerLogProbabilities: [Float(log(0.7))], mask: [true], advantages: [2])
        let statistics = StalenessStatistics(of: batch, REINFORCE().evaluate(batch)).total
        let atLogits = probabilities.enumerated().map { index, p in 2 * ((index == 0 ? 1 : 0) - p) }
        #expect(close(2 * statistics.gradientMagnitude, atLogits.reduce(0) { $0 + abs($1) }))
    }

    @Test func onPolicyEverythingIsAtRest() {
        var batch = batch
        batch.oldLogProbabilities = batch.logProbabilities
        batch.samplerLogProbabilities = batch.logProbabilities
        let total = StalenessStatistics(of: batch, GSPO().evaluate(batch)).total
        #expect(total.meanRatio == 1 && total.effectiveSampleSize == 1)
        #expect(total.firstKL == 0 && total.thirdKL == 0 && total.maximumGap == 0 && total.clippedTokens == 0)
    }

    @Test func nothingTrainedGivesZerosAndNoNaN() {
        let total = OffPolicyStatistics()
        #expect(total.meanRatio == 0 && total.effectiveSampleSize == 0 && total.clippedTokenFraction == 0)
    }

    @Test func loadAndItsBalance() {
        // Three rows, two layers, top 2 of four experts; the first layer uses 0 and 1 only.
        let load = ExpertLoad([0, 1, 0, 1, 0, 1, 2, 3, 1, 0, 0, 3], layers: 2, topK: 2, experts: 4)
        #expect(load.choices == [[3, 3, 0, 0], [2, 1, 1, 2]])
        #expect(load.shares[0] == [0.5, 0.5, 0, 0] && load.maximum == 2)
        var sum = load
        sum += load
        #expect(sum.shares == load.shares && sum.maximum == 2)
        // Uniform probabilities 1/E on uniform loads cost exactly the coefficient.
        let even = ExpertLoad([0, 1, 2, 3], layers: 2, topK: 1, experts: 4)
        #expect(even.maximum == 4 / 2)
        let derivatives = ExpertLoad([0, 1, 2, 3], layers: 1, topK: 1, experts: 4).balanceDerivatives(coefficient: 0.3)
        let loss = derivatives[0].reduce(0) { $0 + 4 * Double($1) * 0.25 }
        #expect(close(loss, 0.3))
    }

    @Test func referenceStatisticsAddUp() {
        let batch = batch
        var result = GRPO().evaluate(batch)
        let before = result.loss
        let reference = batch.logProbabilities.map { $0 - Float(log(2.0)) }
        let statistics = ReferencePenalty(coefficient: 3).add(
            to: &result, batch: batch, reference: reference, aggregation: .tokenMean,
            totals: StepTotals(of: [batch]))
        #expect(close(statistics.firstKL, log(2)) && close(statistics.thirdKL, 0.5 - 1 + log(2)))
        #expect(close(statistics.loss, 3 * (0.5 - 1 + log(2))) && close(result.loss - before, statistics.loss))
        var twice = statistics
        twice += statistics
        #expect(close(twice.thirdKL, statistics.thirdKL) && close(twice.loss, 2 * statistics.loss))
    }

    @Test func expertDisagreementIgnoresOrderAndUnrecordedRows() {
        // Three rows, two layers, top 2.
        let left: [Int16] = [0, 1, 2, 3, 4, 5, 6, 7, -1, -1, 1, 2]
        let right: [Int16] = [1, 0, 2, 9, 4, 5, 8, 9, 3, 4, 2, 1]
        var disagreement = ExpertDisagreement(left, right, layers: 2, topK: 2)
        #expect(disagreement.compared == [4, 6])
        #expect(disagreement.differing == [0, 3])
        #expect(disagreement.fraction == 0.3)
        #expect(disagreement.fractionByLayer == [0, 0.5])
        disagreement += disagreement
        #expect(disagreement.compared == [8, 12])
        #expect(disagreement.fraction == 0.3)
    }
}
