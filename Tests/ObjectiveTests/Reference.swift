import Foundation
import Objective

/// The objectives written down a second time, straight from their papers, in float64 and on nested arrays.
///
/// `J(theta)` takes the variable log-probabilities; stopped gradients read `frozen`, the same numbers held constant.
/// The gradient is found by central finite differences of J, which knows nothing of any derivative.
struct Reference {
    /// One sequence's trained tokens only.
    struct Sequence {
        var frozen: [Double]
        var old: [Double]
        var sampler: [Double]
        var weights: [Double]
        var advantage: Double
        /// Where the tokens lie in the flat batch.
        var positions: [Int]
    }

    var sequences: [Sequence]

    init(_ batch: ObjectiveBatch) {
        sequences = (0..<batch.sequenceCount).map { index in
            let positions = batch.tokens(of: index).filter { batch.mask[$0] }
            return Sequence(
                frozen: positions.map { Double(batch.logProbabilities[$0]) },
                old: positions.map { Double(batch.oldLogProbabilities[$0]) },
                sampler: positions.map { Double(batch.samplerLogProbabilities[$0]) },
                weights: positions.map { batch.weights.isEmpty ? 1 : Double(batch.weights[$0]) },
                advantage: Double(batch.advantages[index]), positions: positions)
        }.filter { !$0.positions.isEmpty }
    }

    /// The share of J of one sequence, given the numbers N of sequences and M of tokens of the step.
    typealias Term = (_ sequence: Sequence, _ theta: [Double], _ count: Double, _ tokens: Double) -> Double

    var tokenCount: Int { sequences.reduce(0) { $0 + $1.positions.count } }

    func loss(_ term: Term) -> Double {
        -sequences.reduce(0) { $0 + term($1, $1.frozen, Double(sequences.count), Double(tokenCount)) }
    }

    /// ∂loss/∂theta at each position of the flat batch.
    func gradient(_ term: Term, count: Int) -> [Double] {
        var gradient = [Double](repeating: 0, count: count)
        let step = 1e-5
        for sequence in sequences {
            for (index, position) in sequence.positions.enumerated() {
                var sides: [Double] = []
                for sign in [1.0, -1.0] {
                    var theta = sequence.frozen
                    theta[index] += sign * step
                    sides.append(term(sequence, theta, Double(sequences.count), Double(tokenCount)))
                }
                gradient[position] = -(sides[0] - sides[1]) / (2 * step)
            }
        }
        return gradient
    }
}

/// min(r A, clip(r, low, high) A).
func clippedMinimum(_ ratio: Double, _ advantage: Double, _ low: Double, _ high: Double) -> Double {
    min(ratio * advantage, min(max(ratio, low), high) * advantage)
}

/// Σ_t w_t f(t).
func weightedSum(_ sequence: Reference.Sequence, _ value: (Int) -> Double) -> Double {
    sequence.positions.indices.reduce(0) { $0 + sequence.weights[$1] * value($1) }
}

/// exp(mean of theta − old).
func sequenceRatio(_ theta: [Double], _ old: [Double]) -> Double {
    exp(zip(theta, old).reduce(0) { $0 + $1.0 - $1.1 } / Double(theta.count))
}
