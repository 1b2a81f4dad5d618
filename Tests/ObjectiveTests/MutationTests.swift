import Objective
import Testing

/// The ways in which objectives go wrong unnoticed. Each is a change of a correct implementation that trains without
/// complaint, and to something else.
enum Mutation: String, CaseIterable, Sendable {
    /// The gradient does not flow: a ratio or log-probability taken as a constant.
    case detachedGradient
    /// The clip, truncation or gate is not there.
    case clipIgnored
    /// Tokens are averaged as another objective averages them.
    case aggregationSwapped
    /// Tokens that are not trained take part.
    case maskDropped
    /// Weights of corrections and masks are not applied.
    case weightsDropped
    /// An importance weight that is a constant of the gradient is differentiated, too.
    case stoppedGradientFlows

    /// Whether an objective, tried by `examples`, has what this mutation breaks.
    func applies(to name: ObjectiveName, _ examples: [AutogradReference.Case]) -> Bool {
        switch self {
        case .detachedGradient, .aggregationSwapped, .maskDropped: true
        case .clipIgnored: name != .reinforce
        case .weightsDropped: examples.contains { $0.weighting != nil }
        case .stoppedGradientFlows: name == .cispo || name == .miniRL
        }
    }

    /// What `objective` with this defect says of `batch`; nil where `example` has nothing to break.
    func evaluate(
        _ example: AutogradReference.Case, _ objective: any PolicyObjective, on batch: AutogradReference.Batch
    ) -> ObjectiveResult? {
        switch self {
        case .detachedGradient:
            var result = example.evaluate(objective, on: batch).result
            result.dLogProbabilities = result.dLogProbabilities.map { _ in 0 }
            return result
        case .clipIgnored:
            return objective.unclipped.map { example.evaluate($0, on: batch).result }
        case .aggregationSwapped:
            var swapped = objective
            swapped.aggregation = objective.aggregation == .tokenMean ? .sequenceMean : .tokenMean
            return example.evaluate(swapped, on: batch).result
        case .maskDropped:
            return example.evaluate(objective, on: batch.withMask(batch.mask.map { _ in true })).result
        case .weightsDropped:
            guard example.weighting != nil else { return nil }
            return objective.evaluate(batch.objectiveBatch(proximalPolicy: objective.proximalPolicy))
        case .stoppedGradientFlows:
            guard objective is CISPO || objective is MiniRL else { return nil }
            // w A log π with w proportional to π: the derivative by log π is w A (log π + 1).
            var result = example.evaluate(objective, on: batch).result
            result.dLogProbabilities = zip(result.dLogProbabilities, batch.logProbabilities).map { $0 * ($1 + 1) }
            return result
        }
    }
}

/// The reference values have the power to tell a right objective from a broken one: the objectives agree with them, and
/// each objective broken in each way departs from them.
@Suite struct MutationTests {
    let reference: AutogradReference

    init() throws { reference = try AutogradReference.load() }

    @Test(arguments: ObjectiveName.allCases, Mutation.allCases)
    func aBrokenObjectiveIsNoticed(_ name: ObjectiveName, _ mutation: Mutation) throws {
        let examples = reference.cases.filter { $0.objective == name.rawValue }
        try #require(!examples.isEmpty)
        var noticed = 0
        for example in examples {
            let objective = try example.makeObjective(generationBudget: reference.generationBudget)
            for (batch, expected) in zip(reference.batches, example.results) {
                #expect(expected.agrees(with: example.evaluate(objective, on: batch).result), "\(example)")
                if let broken = mutation.evaluate(example, objective, on: batch) {
                    noticed += expected.agrees(with: broken) ? 0 : 1
                }
            }
        }
        #expect((noticed > 0) == mutation.applies(to: name, examples))
    }
}

extension AutogradReference.Batch {
    func withMask(_ mask: [Bool]) -> Self {
        Self(
            offsets: offsets, logProbabilities: logProbabilities, oldLogProbabilities: oldLogProbabilities,
            samplerLogProbabilities: samplerLogProbabilities, referenceLogProbabilities: referenceLogProbabilities,
            entropies: entropies, mask: mask, advantages: advantages, tokenStaleness: tokenStaleness)
    }
}

extension PolicyObjective {
    /// The same objective without its clip, truncation or gate; nil if it has none.
    var unclipped: (any PolicyObjective)? {
        guard !options.isDisjoint(with: [.clipHigh, .positiveTemperature]) else { return nil }
        var unclipped: any PolicyObjective = self
        var wide = ObjectiveOptions()
        wide.clipLow = .infinity
        wide.clipHigh = .infinity
        // A soft gate vanishes with its temperature: 4/τ σ(τ(r − 1)) = 2/τ + (r − 1) + O(τ).
        wide.positiveTemperature = 1e-6
        wide.negativeTemperature = 1e-6
        unclipped.adopt(wide)
        return unclipped
    }
}
