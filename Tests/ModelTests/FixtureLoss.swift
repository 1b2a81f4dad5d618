import Model
import ModelTestSupport

/// The losses of the fixtures and their derivatives in the log-probabilities, written out from the formulas in the fixtures'
/// README, over the three sequences without padding.
struct FixtureLoss {
    let fixture: ModelFixture
    /// π_old and whether a token is trained, per prediction.
    let old: [Float]
    let isTrained: [Bool]
    /// Predictions of each sequence.
    let ranges: [Range<Int>]

    init(_ fixture: ModelFixture) throws {
        self.fixture = fixture
        let (oldArray, maskArray) = (try fixture.array("old_logprobs"), try fixture.array("completion_mask"))
        let width = oldArray.shape[1]
        var (old, isTrained, ranges): ([Float], [Bool], [Range<Int>]) = ([], [], [])
        for (row, length) in fixture.inputs.lengths.enumerated() {
            ranges.append(old.count..<old.count + length - 1)
            old += oldArray.values[row * width..<row * width + length - 1]
            isTrained += maskArray.values[row * width..<row * width + length - 1].map { $0 == 1 }
        }
        (self.old, self.isTrained, self.ranges) = (old, isTrained, ranges)
    }

    struct Value {
        var loss: Float
        var dLogProbabilities: [Float]
    }

    /// Mean negative log-probability over all predictions.
    static func negativeLogLikelihood(_ logProbabilities: [Float]) -> Value {
        let count = Float(logProbabilities.count)
        return Value(
            loss: -logProbabilities.reduce(0, +) / count,
            dLogProbabilities: Array(repeating: -1 / count, count: logProbabilities.count))
    }

    /// −mean over sequences of mean over trained tokens of min(r·A, clip(r)·A), r per sequence (GSPO) or token (GRPO).
    func policyLoss(_ logProbabilities: [Float], isPerSequence: Bool, low: Float, high: Float) -> Value {
        var value = Value(loss: 0, dLogProbabilities: Array(repeating: 0, count: logProbabilities.count))
        for (sequence, range) in ranges.enumerated() {
            let advantage = fixture.inputs.advantages[sequence]
            let trained = range.filter { isTrained[$0] }
            let weight = 1 / Float(ranges.count * trained.count)
            let logRatios = trained.map { Double(logProbabilities[$0] - old[$0]) }
            let mean = logRatios.reduce(0, +) / Double(trained.count)
            for (index, prediction) in trained.enumerated() {
                let ratio = exponential(isPerSequence ? mean : logRatios[index])
                let clipped = min(max(ratio, 1 - low), 1 + high)
                value.loss -= weight * min(ratio * advantage, clipped * advantage)
                // The unclipped branch is active unless the clipped one is strictly smaller.
                if ratio * advantage <= clipped * advantage {
                    value.dLogProbabilities[prediction] = -weight * ratio * advantage
                }
            }
        }
        return value
    }
}
