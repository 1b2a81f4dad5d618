import Foundation
import Objective
import Testing

/// An objective of the product and the same objective of the reference.
struct ReferenceCase: Sendable, CustomTestStringConvertible {
    let objective: any PolicyObjective
    let clips: Bool
    let term: @Sendable (Reference.Sequence, [Double], Double, Double) -> Double
    var testDescription: String { objective.name }

    init(
        _ objective: any PolicyObjective, clips: Bool,
        _ term: @escaping @Sendable (Reference.Sequence, [Double], Double, Double) -> Double
    ) {
        self.objective = objective
        self.clips = clips
        self.term = term
    }

    static let all: [ReferenceCase] = [
        ReferenceCase(GSPO(), clips: true) { sequence, theta, count, _ in
            // Weighted, GSPO acts as GSPO-token: s_t = sg[s] π/sg[π].
            let ratio = sequenceRatio(sequence.frozen, sequence.old)
            return weightedSum(sequence) { token in
                let tokenRatio = ratio * exp(theta[token] - sequence.frozen[token])
                return clippedMinimum(tokenRatio, sequence.advantage, 1 - 3e-4, 1 + 4e-4)
            } / Double(theta.count) / count
        },
        ReferenceCase(GSPOToken(clip: ClipRange(low: 0.05, high: 0.1)), clips: true) { sequence, theta, count, _ in
            let ratio = sequenceRatio(sequence.frozen, sequence.old)
            return weightedSum(sequence) { token in
                let tokenRatio = ratio * exp(theta[token] - sequence.frozen[token])
                return clippedMinimum(tokenRatio, sequence.advantage, 0.95, 1.1)
            } / Double(theta.count) / count
        },
        ReferenceCase(GRPO(), clips: true) { sequence, theta, count, _ in
            weightedSum(sequence) { token in
                clippedMinimum(exp(theta[token] - sequence.old[token]), sequence.advantage, 0.8, 1.2)
            } / Double(theta.count) / count
        },
        ReferenceCase(DrGRPO(generationBudget: 256), clips: true) { sequence, theta, count, _ in
            weightedSum(sequence) { token in
                clippedMinimum(exp(theta[token] - sequence.old[token]), sequence.advantage, 0.8, 1.2)
            } / 256 / count
        },
        ReferenceCase(DAPO(), clips: true) { sequence, theta, _, tokens in
            weightedSum(sequence) { token in
                clippedMinimum(exp(theta[token] - sequence.old[token]), sequence.advantage, 0.8, 1.28)
            } / tokens
        },
        ReferenceCase(CISPO(maximumWeight: 1.3), clips: false) { sequence, theta, _, tokens in
            weightedSum(sequence) { token in
                min(exp(sequence.frozen[token] - sequence.old[token]), 1.3) * sequence.advantage * theta[token]
            } / tokens
        },
        ReferenceCase(SAPO(), clips: false) { sequence, theta, count, _ in
            let temperature = sequence.advantage > 0 ? 1.0 : 1.05
            return weightedSum(sequence) { token in
                let ratio = exp(theta[token] - sequence.old[token])
                return 4 / temperature / (1 + exp(-temperature * (ratio - 1))) * sequence.advantage
            } / Double(theta.count) / count
        },
        ReferenceCase(MiniRL(), clips: true) { sequence, theta, count, _ in
            weightedSum(sequence) { token in
                let ratio = exp(sequence.frozen[token] - sequence.old[token])
                if sequence.advantage > 0, ratio > 1.27 { return 0 }
                if sequence.advantage < 0, ratio < 0.8 { return 0 }
                let weight = min(exp(sequence.frozen[token] - sequence.sampler[token]), 5)
                return weight * sequence.advantage * theta[token]
            } / count
        },
        ReferenceCase(REINFORCE(), clips: false) { sequence, theta, count, _ in
            weightedSum(sequence) { sequence.advantage * theta[$0] } / count
        },
        ReferenceCase(DecoupledPPO(maximumWeight: 1.4), clips: true) { sequence, theta, _, tokens in
            weightedSum(sequence) { token in
                min(exp(sequence.old[token] - sequence.sampler[token]), 1.4)
                    * clippedMinimum(exp(theta[token] - sequence.old[token]), sequence.advantage, 0.8, 1.2)
            } / tokens
        },
    ]
}

@Suite struct ReferenceTests {
    /// Policies hardly apart (nothing clips at 0.2), and far apart (much does).
    static let drifts: [Float] = [1e-4, 0.02, 0.6]

    @Test(arguments: ReferenceCase.all, drifts)
    func lossAndGradientMatchFiniteDifferences(_ reference: ReferenceCase, _ drift: Float) {
        for (seed, weighted) in [(1, false), (2, true), (3, false)] as [(UInt64, Bool)] {
            let batch = randomBatch(seed: seed, drift: drift, weighted: weighted)
            expectAgreement(reference.objective, batch, reference.term)
        }
    }

    /// The comparison above would prove little if no case clipped, or every case did.
    @Test(arguments: ReferenceCase.all.filter(\.clips))
    func casesCoverBothBranches(_ reference: ReferenceCase) {
        let results = Self.drifts.map { drift in
            let batch = randomBatch(seed: 1, drift: drift)
            let clipped = reference.objective.evaluate(batch).clipped
            return (clipped.contains(true), zip(clipped, batch.mask).contains { !$0 && $1 })
        }
        #expect(results.contains { $0.0 })
        #expect(results.contains { $0.1 })
    }

    @Test func geometricMeanMatchesFiniteDifferences() {
        for drift in [0.02, 0.3, 0.9] as [Float] {
            let batch = randomBatch(seed: 5, drift: drift)
            expectAgreement(GMPO(), batch) { sequence, theta, count, _ in
                let logRatios = zip(theta, sequence.old).map { theta, old in
                    sequence.advantage > 0
                        ? min(theta - old, 0.4) : sequence.advantage < 0 ? max(theta - old, -0.4) : theta - old
                }
                return sequence.advantage * exp(logRatios.reduce(0, +) / Double(theta.count)) / count
            }
        }
        #expect(GMPO().evaluate(randomBatch(seed: 5, drift: 0.9)).clipped.contains(true))
    }

    /// Without weights GSPO is the sequence-level formula itself, differentiated through the mean of log-ratios.
    @Test func sequenceFormMatchesFiniteDifferences() {
        for drift in Self.drifts {
            expectAgreement(GSPO(), randomBatch(seed: 9, drift: drift)) { sequence, theta, count, _ in
                clippedMinimum(sequenceRatio(theta, sequence.old), sequence.advantage, 1 - 3e-4, 1 + 4e-4) / count
            }
        }
    }

    private func expectAgreement(_ objective: any PolicyObjective, _ batch: ObjectiveBatch, _ term: Reference.Term) {
        let reference = Reference(batch)
        let result = objective.evaluate(batch)
        let loss = reference.loss(term)
        #expect(abs(result.loss - loss) <= 1e-12 * max(1, abs(loss)), "\(result.loss) is not \(loss)")
        let gradient = reference.gradient(term, count: batch.tokenCount)
        let scale = gradient.map(abs).max() ?? 0
        let error = zip(gradient, result.dLogProbabilities).map { abs($0 - Double($1)) }.max() ?? 0
        #expect(error <= 1e-6 * scale + 1e-10, "gradient off by \(error) at scale \(scale)")
    }
}
