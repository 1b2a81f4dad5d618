import Objective
import Testing

/// Every objective, option, correction, mask and penalty against PyTorch's autograd.
@Suite struct AutogradTests {
    let reference: AutogradReference

    init() throws { reference = try AutogradReference.load() }

    @Test func valuesAndGradientsAgree() throws {
        for example in reference.cases {
            let objective = try example.makeObjective(generationBudget: reference.generationBudget)
            for (batch, expected) in zip(reference.batches, example.results) {
                let (result, dEntropies) = example.evaluate(objective, on: batch)
                #expect(expected.agrees(with: result), "\(example): loss \(result.loss), not \(expected.loss)")
                let gradient = expected.entropyGradient ?? []
                #expect(dEntropies.count == gradient.count)
                #expect(zip(dEntropies, gradient).allSatisfy { abs(Double($0) - $1) <= 1e-6 * abs($1) })
            }
        }
    }

    /// The comparison proves something only where clips, masks and corrections act on some tokens and spare others.
    @Test func everyObjectiveAndEveryWeightIsTried() throws {
        #expect(Set(reference.cases.map(\.objective)) == Set(ObjectiveName.allCases.map(\.rawValue)))
        for example in reference.cases {
            let objective = try example.makeObjective(generationBudget: reference.generationBudget)
            let results = reference.batches.map { example.evaluate(objective, on: $0).result }
            if objective.options.contains(.clipLow) {
                #expect(results.contains { $0.clipped.contains(true) }, "\(example) never clips")
            }
            let moving = results.flatMap(\.dLogProbabilities).count { $0 != 0 }
            #expect(moving > 0 && moving < results.flatMap(\.dLogProbabilities).count, "\(example)")
        }
    }

    @Test func weightsAreCountedByCause() throws {
        var seen: [WeightStatistics.Mask: Int] = [:]
        var clamped = 0
        for weighting in reference.cases.compactMap({ $0.weighting?.tokenWeighting }) {
            for batch in reference.batches {
                var input = batch.objectiveBatch(proximalPolicy: .recomputed)
                let kept = weighting.entropyMask?.weights(entropies: batch.entropies, mask: batch.mask) ?? []
                let statistics = weighting.weigh(&input, entropyWeights: kept)
                #expect(statistics.tokens == batch.mask.count { $0 })
                seen.merge(statistics.maskedTokens, uniquingKeysWith: +)
                clamped += statistics.clampedTokens
            }
        }
        #expect(Set(seen.keys) == Set(WeightStatistics.Mask.allCases) && seen.values.allSatisfy { $0 > 0 })
        #expect(clamped > 0)
    }
}
