/// What one optimizer step trains on in total. Every denominator comes from here and not from the batch at hand,
/// so the losses and gradients of a step's micro-batches add up to those of the step as a whole.
package struct StepTotals: Sendable, Equatable {
    /// Sequences with at least one trained token.
    package var sequences: Int
    /// Trained tokens of all sequences.
    package var tokens: Int

    package init(sequences: Int, tokens: Int) {
        self.sequences = sequences
        self.tokens = tokens
    }

    /// Totals of a step made of `batches`.
    package init(of batches: [ObjectiveBatch]) {
        self.init(sequences: 0, tokens: 0)
        for batch in batches {
            for sequence in 0..<batch.sequenceCount {
                let trained = batch.trainedTokens(of: sequence)
                sequences += trained > 0 ? 1 : 0
                tokens += trained
            }
        }
    }

    package static func += (left: inout StepTotals, right: StepTotals) {
        left.sequences += right.sequences
        left.tokens += right.tokens
    }
}
