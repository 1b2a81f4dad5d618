import Foundation
import Objective
import Testing

/// Values and gradients that PyTorch's autograd found in float64 (Tests/Fixtures/objective/reference.py).
struct AutogradReference: Decodable {
    let generationBudget: Int
    let batches: [Batch]
    let cases: [Case]

    struct Batch: Decodable, Sendable {
        let offsets: [Int]
        let logProbabilities: [Float]
        let oldLogProbabilities: [Float]
        let samplerLogProbabilities: [Float]
        let referenceLogProbabilities: [Float]
        let entropies: [Float]
        let mask: [Bool]
        let advantages: [Float]
        let tokenStaleness: [Int]
    }

    /// An objective with options, and what acts on its terms.
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let objective: String
        let options: Options
        let weighting: Weighting?
        let referenceKL: Double?
        let entropyBonus: Double?
        let results: [Expectation]

        enum CodingKeys: String, CodingKey {
            case objective, options, weighting, entropyBonus, results
            case referenceKL = "referenceKl"
        }

        var testDescription: String { "\(objective) \(options) \(weighting.map { "\($0)" } ?? "")" }
    }

    struct Expectation: Decodable, Sendable {
        let loss: Double
        let gradient: [Double]
        let entropyGradient: [Double]?
    }

    struct Options: Decodable, Sendable {
        var clipLow, clipHigh, maximumWeight, temperaturePositive, temperatureNegative: Double?
        var aggregation, proximalPolicy: String?
        var aggregationTokens: Int?
    }

    struct Weighting: Decodable, Sendable {
        var tis: Double?
        var icepop, geometricMask: [Double]?
        var offPolicyMask: Double?
        var entropyMask: EntropyMaskOptions?
    }

    /// `[fraction, end]` in the file.
    struct EntropyMaskOptions: Decodable, Sendable {
        let fraction: Double
        let end: String

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            fraction = try list.decode(Double.self)
            end = try list.decode(String.self)
        }
    }

    static func load() throws -> AutogradReference {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/objective/reference.json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(AutogradReference.self, from: Data(contentsOf: file))
    }
}

extension AutogradReference.Case {
    /// The objective, made as a run makes it.
    func makeObjective(generationBudget: Int) throws -> any PolicyObjective {
        try #require(ObjectiveName(rawValue: objective)).make(options.options, generationBudget: generationBudget)
    }

    /// What Apus says of this case: loss, ∂loss/∂log π_θ, and ∂loss/∂H where there is a bonus for entropy.
    func evaluate(
        _ objective: any PolicyObjective, on batch: AutogradReference.Batch
    ) -> (result: ObjectiveResult, dEntropies: [Float]) {
        var input = batch.objectiveBatch(proximalPolicy: objective.proximalPolicy)
        let totals = StepTotals(of: [input])
        let weighting = weighting?.tokenWeighting ?? TokenWeighting()
        _ = weighting.weigh(
            &input,
            entropyWeights: weighting.entropyMask?.weights(entropies: batch.entropies, mask: batch.mask) ?? [])
        var result = objective.evaluate(input, totals: totals)
        if let referenceKL {
            _ = ReferencePenalty(coefficient: referenceKL).add(
                to: &result, batch: input, reference: batch.referenceLogProbabilities,
                aggregation: objective.aggregation, totals: totals)
        }
        guard let entropyBonus else { return (result, []) }
        let bonus = EntropyBonus(coefficient: entropyBonus).evaluate(
            input, entropies: batch.entropies, aggregation: objective.aggregation, totals: totals)
        result.loss += bonus.loss
        return (result, bonus.dEntropies)
    }
}

extension AutogradReference.Batch {
    func objectiveBatch(proximalPolicy: ProximalPolicy) -> ObjectiveBatch {
        let approximated = ProximalPolicy.interpolate(
            sampler: samplerLogProbabilities, current: logProbabilities, staleness: tokenStaleness)
        return ObjectiveBatch(
            offsets: offsets, logProbabilities: logProbabilities,
            oldLogProbabilities: proximalPolicy == .recomputed ? oldLogProbabilities : approximated,
            samplerLogProbabilities: samplerLogProbabilities, mask: mask, advantages: advantages)
    }
}

extension AutogradReference.Options {
    var options: ObjectiveOptions {
        var options = ObjectiveOptions()
        options.clipLow = clipLow
        options.clipHigh = clipHigh
        options.maximumWeight = maximumWeight
        options.positiveTemperature = temperaturePositive
        options.negativeTemperature = temperatureNegative
        options.aggregation = aggregation.flatMap(Aggregation.Kind.init)
        options.aggregationLength = aggregationTokens
        options.proximalPolicy = proximalPolicy.flatMap(ProximalPolicy.init)
        return options
    }
}

extension AutogradReference.Weighting {
    var tokenWeighting: TokenWeighting {
        var weighting = TokenWeighting()
        if let tis { weighting.correction = .truncated(maximum: tis) }
        if let icepop { weighting.correction = .icePop(low: icepop[0], high: icepop[1]) }
        weighting.geometricMask = geometricMask.map { GeometricSequenceMask(low: $0[0], high: $0[1]) }
        weighting.offPolicyMask = offPolicyMask.map { OffPolicySequenceMask(threshold: $0) }
        weighting.entropyMask = entropyMask.map {
            EntropyMask(fraction: $0.fraction, end: $0.end == "top" ? .top : .bottom)
        }
        return weighting
    }
}

extension AutogradReference.Expectation {
    /// Whether a loss and a gradient are those of the reference: the loss in float64, the gradient in float32.
    func agrees(with result: ObjectiveResult) -> Bool {
        let scale = gradient.map(abs).max() ?? 0
        let isNear = zip(gradient, result.dLogProbabilities).allSatisfy { abs($0 - Double($1)) <= 1e-6 * scale }
        return isNear && abs(result.loss - loss) <= 1e-6 * max(abs(loss), 1e-3)
    }
}
