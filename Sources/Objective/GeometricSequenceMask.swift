/// Drops whole sequences that the sampler and the learner disagree on: weight 1 where the geometric mean of
/// k = π_old/μ over the trained tokens lies in [low, high], else 0. The mean makes it independent of the length
/// (Liu and Li 2025, "When speed kills stability", part 3; verl's geometric rejection).
///
/// With GSPO the token-level IcePop weight is to be preferred: a sequence mask collapsed the entropy in a published run.
package struct GeometricSequenceMask: Sendable, Equatable, CustomStringConvertible {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// `[tokens]` weights, 0 or 1, constant within a sequence.
    package func weights(_ batch: ObjectiveBatch) -> [Float] {
        batch.sequenceWeights { sequence in
            let mean = batch.meanOverTrained(sequence) { token in
                Double(batch.oldLogProbabilities[token]) - Double(batch.samplerLogProbabilities[token])
            }
            let ratio = exponential(mean)
            return ratio < low || ratio > high
        }
    }

    package var description: String { "geometric mean of π_old/μ within [\(low), \(high)]" }
}

extension ObjectiveBatch {
    /// Mean of `value` over the trained tokens of a sequence; 0 if it has none.
    func meanOverTrained(_ sequence: Int, _ value: (Int) -> Double) -> Double {
        var sum = 0.0
        var count = 0
        for token in tokens(of: sequence) where mask[token] {
            sum += value(token)
            count += 1
        }
        return count == 0 ? 0 : sum / Double(count)
    }

    /// `[tokens]`: 0 for the tokens of sequences that `dropped` names, 1 for all others.
    func sequenceWeights(dropped: (Int) -> Bool) -> [Float] {
        var weights = [Float](repeating: 1, count: tokenCount)
        for sequence in 0..<sequenceCount where dropped(sequence) {
            for token in tokens(of: sequence) { weights[token] = 0 }
        }
        return weights
    }
}
