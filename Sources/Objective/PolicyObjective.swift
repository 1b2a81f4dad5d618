/// A policy-gradient objective: from log-probabilities and advantages to a loss and its gradient.
///
/// Implementations are pure values. `evaluate` computes in float64; non-finite inputs give non-finite results and are
/// never hidden, so that the caller's guard sees them.
package protocol PolicyObjective: Sendable {
    /// The name used in configurations and logs.
    var name: String { get }
    /// How tokens are averaged.
    var aggregation: Aggregation { get set }
    /// Clip bounds and the like, in words: printed at the start of a run.
    var parameters: String { get }
    /// True when the formula itself contains a ratio to the sampler μ, so that a further train–inference correction
    /// on π_old/μ would count it twice.
    var correctsForSampler: Bool { get }
    /// Where the batch's log π_old has to come from.
    var proximalPolicy: ProximalPolicy { get }
    /// What `adopt` understands.
    var options: Set<ObjectiveOptions.Name> { get }
    /// Replaces defaults by the options that are set and named in `options`; the aggregation is the caller's to set.
    mutating func adopt(_ options: ObjectiveOptions)
    /// Loss and gradient of `batch`, a part of an optimizer step over `totals`.
    func evaluate(_ batch: ObjectiveBatch, totals: StepTotals) -> ObjectiveResult
}

extension PolicyObjective {
    package var correctsForSampler: Bool { false }
    package var proximalPolicy: ProximalPolicy { .recomputed }

    /// Evaluates `batch` as a whole optimizer step.
    package func evaluate(_ batch: ObjectiveBatch) -> ObjectiveResult {
        evaluate(batch, totals: StepTotals(of: [batch]))
    }
}

/// What an objective says of one batch.
package struct ObjectiveResult: Sendable {
    /// −J, to be minimised; this batch's share of the step's loss.
    package var loss: Double
    /// `[tokens]` ∂loss/∂log π_θ; 0 where the token is not trained.
    package var dLogProbabilities: [Float]
    /// `[tokens]` true where a clip or mask of the objective removed the token's gradient.
    package var clipped: [Bool]

    init(tokens: Int) {
        loss = 0
        dLogProbabilities = Array(repeating: 0, count: tokens)
        clipped = Array(repeating: false, count: tokens)
    }

    /// Adds `weight` times a token's term of J.
    mutating func add(_ term: TokenSurrogate, at token: Int, weight: Double) {
        loss -= weight * term.value
        dLogProbabilities[token] = Float(-weight * term.derivative)
        clipped[token] = term.clipped
    }
}
