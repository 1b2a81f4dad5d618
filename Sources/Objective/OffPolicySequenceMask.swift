/// Off-policy sequence masking (DeepSeek-V3.2, arXiv 2512.02556, eq. 9): drops a sequence whose advantage is negative and
/// whose mean of log μ − log π_θ over the trained tokens exceeds δ.
///
/// Mistakes the policy would no longer make teach little and unlearn a lot.
package struct OffPolicySequenceMask: Sendable, Equatable, CustomStringConvertible {
    /// δ, in nats per token.
    package var threshold: Double

    package init(threshold: Double) { self.threshold = threshold }

    /// `[tokens]` weights, 0 or 1, constant within a sequence.
    package func weights(_ batch: ObjectiveBatch) -> [Float] {
        batch.sequenceWeights { sequence in
            guard batch.advantages[sequence] < 0 else { return false }
            let mean = batch.meanOverTrained(sequence) { token in
                Double(batch.samplerLogProbabilities[token]) - Double(batch.logProbabilities[token])
            }
            return mean > threshold
        }
    }

    package var description: String {
        "negative advantage and mean of log μ − log π_θ above \(threshold) nats per token"
    }
}
