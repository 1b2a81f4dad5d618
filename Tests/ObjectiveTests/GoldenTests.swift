import Foundation
import Objective
import Testing

/// Losses and ratios that torch computed for six models (Tests/Fixtures/objective, with the script that copied them).
struct GoldenCase: Decodable, Sendable, CustomTestStringConvertible {
    struct Expectation: Decodable, Sendable {
        let name: String
        let low: Double
        let high: Double
        let loss: Double
        let ratios: [Double]
        let gradientNorm: Double
    }

    let model: String
    let logProbabilities: [[Float]]
    let oldLogProbabilities: [[Float]]
    let mask: [[Bool]]
    let advantages: [Float]
    let objectives: [Expectation]
    var testDescription: String { model }

    static func load() throws -> [GoldenCase] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/objective/golden.json")
        return try JSONDecoder().decode([GoldenCase].self, from: Data(contentsOf: file))
    }

    var batch: ObjectiveBatch {
        let width = mask[0].count
        return ObjectiveBatch(
            offsets: (0...mask.count).map { $0 * width },
            logProbabilities: logProbabilities.flatMap { $0 }, oldLogProbabilities: oldLogProbabilities.flatMap { $0 },
            samplerLogProbabilities: oldLogProbabilities.flatMap { $0 }, mask: mask.flatMap { $0 },
            advantages: advantages)
    }
}

@Suite struct GoldenTests {
    @Test func lossesAndRatiosMatchTorch() throws {
        let cases = try GoldenCase.load()
        #expect(cases.count == 6)
        for golden in cases {
            let batch = golden.batch
            for expected in golden.objectives {
                let clip = ClipRange(low: expected.low, high: expected.high)
                let objective: any PolicyObjective = expected.name == "gspo" ? GSPO(clip: clip) : GRPO(clip: clip)
                let result = objective.evaluate(batch)
                #expect(abs(result.loss - expected.loss) < 1e-6, "\(golden.model) \(expected.name)")
                let vanishes = result.dLogProbabilities.allSatisfy { $0 == 0 }
                #expect(vanishes == (expected.gradientNorm == 0), "\(golden.model) \(expected.name)")
                try expectRatios(batch, result, expected.ratios)
            }
        }
    }

    /// The ratios show in the statistics: their mean over the three sequences.
    private func expectRatios(_ batch: ObjectiveBatch, _ result: ObjectiveResult, _ ratios: [Double]) throws {
        guard !ratios.isEmpty else { return }
        let statistics = StalenessStatistics(of: batch, result).total
        #expect(abs(statistics.meanSequenceRatio - ratios.reduce(0, +) / Double(ratios.count)) < 1e-6)
        #expect(abs(statistics.maximumSequenceRatio - (try #require(ratios.max()))) < 1e-6)
    }
}
