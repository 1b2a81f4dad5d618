import Objective
import Testing

/// The sequences `range` of a batch as a batch of its own.
func slice(_ batch: ObjectiveBatch, _ range: Range<Int>) -> ObjectiveBatch {
    let tokens = batch.offsets[range.lowerBound]..<batch.offsets[range.upperBound]
    return ObjectiveBatch(
        offsets: batch.offsets[range.lowerBound...range.upperBound].map { $0 - tokens.lowerBound },
        logProbabilities: Array(batch.logProbabilities[tokens]),
        oldLogProbabilities: Array(batch.oldLogProbabilities[tokens]),
        samplerLogProbabilities: Array(batch.samplerLogProbabilities[tokens]),
        mask: Array(batch.mask[tokens]), advantages: Array(batch.advantages[range]),
        staleness: Array(batch.staleness[range]))
}

@Suite struct MicroBatchTests {
    @Test(arguments: ReferenceCase.all)
    func microBatchesAddUpToTheStep(_ reference: ReferenceCase) {
        let batch = randomBatch(seed: 8, drift: 0.2)
        let totals = StepTotals(of: [batch])
        let whole = reference.objective.evaluate(batch, totals: totals)
        let parts = [0..<3, 3..<4, 4..<batch.sequenceCount].map { slice(batch, $0) }
        #expect(StepTotals(of: parts) == totals)
        let results = parts.map { reference.objective.evaluate($0, totals: totals) }
        #expect(results.flatMap(\.dLogProbabilities) == whole.dLogProbabilities)
        #expect(abs(results.reduce(0) { $0 + $1.loss } - whole.loss) < 1e-12)
    }

    @Test func totalsCountOnlyWhatIsTrained() {
        let batch = ObjectiveBatch(
            offsets: [0, 2, 2, 5], logProbabilities: [0, 0, 0, 0, 0], oldLogProbabilities: [0, 0, 0, 0, 0],
            samplerLogProbabilities: [0, 0, 0, 0, 0], mask: [true, false, false, false, false],
            advantages: [1, 1, 1])
        #expect(StepTotals(of: [batch, batch]) == StepTotals(sequences: 2, tokens: 2))
        #expect(GSPO().evaluate(batch).dLogProbabilities == [-1, 0, 0, 0, 0])
    }

    @Test func aBatchWithNothingTrainedHasNoLoss() {
        for reference in ReferenceCase.all {
            var batch = randomBatch(seed: 1, drift: 0.1)
            batch.mask = batch.mask.map { _ in false }
            let result = reference.objective.evaluate(batch)
            #expect(result.loss == 0)
            #expect(result.dLogProbabilities.allSatisfy { $0 == 0 })
        }
    }

    @Test(arguments: [(0, 3), (1, 4), (7, 1), (7, 3), (8, 4), (5, 9), (64, 5)])
    func miniBatchesHoldEveryGroupOnce(groups: Int, count: Int) {
        let split = MiniBatches.split(groups: groups, into: count)
        #expect(split.flatMap { $0 }.sorted() == Array(0..<groups))
        #expect(split.count == min(groups, count))
        let sizes = split.map(\.count)
        #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        #expect(split == MiniBatches.split(groups: groups, into: count))
    }
}
