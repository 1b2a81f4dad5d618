import Model
import Tensor

/// Trains a policy to imitate: the mean negative log-probability of the response tokens, end token included.
///
/// Role: all arithmetic of a cold start, synchronous. As in the learner, master weights are fp32 and every forward runs on
/// the policy they round to. Results do not depend on the number of threads.
final class SupervisedTrainer {
    /// Rows of one forward and backward pass; bounds memory, changes no meaning.
    private static let maximumRows = 8192

    struct Report {
        /// Mean over the response tokens, in nats.
        var loss: Double
        /// Before clipping.
        var gradientNorm: Double
        /// Rows computed: prompt tokens and fed response tokens.
        var rows: Int
        var responseTokens: Int
    }

    let configuration: ModelConfiguration
    private let team: ThreadTeam
    private let pass: PolicyPass
    private let optimizer: AdamW
    private let gradient: ParameterArena
    private(set) var snapshot: PolicySnapshot
    private(set) var policy: LoadedPolicy

    init(
        configuration: ModelConfiguration, master: ParameterArena, settings: AdamW.Settings, team: ThreadTeam
    ) throws {
        self.configuration = configuration
        self.team = team
        pass = PolicyPass(configuration: configuration, team: team)
        optimizer = AdamW(master: master, settings: settings, team: team)
        gradient = ParameterArena(layout: master.layout)
        guard let snapshot = optimizer.snapshot(version: 0, precision: configuration.precision) else {
            throw CommandFailure("the weights to start from are not finite")
        }
        self.snapshot = snapshot
        policy = LoadedPolicy(snapshot: snapshot, configuration: configuration, forTraining: true, team: team)
    }

    /// One optimizer step on `examples`.
    func step(_ examples: [Example], learningRate: Float) throws -> Report {
        gradient.zero()
        let tokens = examples.reduce(0) { $0 + $1.response.count }
        var report = Report(loss: 0, gradientNorm: 0, rows: 0, responseTokens: tokens)
        for part in Self.parts(examples) {
            let batch = PackedBatch.groups(part.map { (prompt: $0.prompt, responses: [$0.response]) })
            let result = try pass.forward(policy, batch, keepActivations: true)
            report.loss -= result.logProbabilities.reduce(0.0) { $0 + Double($1) } / Double(tokens)
            report.rows += batch.rowCount
            let derivatives = [Float](repeating: -1 / Float(tokens), count: batch.predictions.count)
            try pass.backward(policy, dLogProbabilities: derivatives, into: gradient)
        }
        report.gradientNorm = try update(learningRate: learningRate)
        return report
    }

    private func update(learningRate: Float) throws -> Double {
        switch optimizer.step(gradient: gradient, learningRate: learningRate) {
        case .refused(let reason):
            throw CommandFailure("step \(optimizer.stepCount + 1) diverged: \(reason); lower --learning-rate")
        case .applied(let norm, _):
            guard let next = optimizer.snapshot(version: snapshot.version + 1, precision: snapshot.precision) else {
                throw CommandFailure("step \(optimizer.stepCount) made a weight non-finite; lower --learning-rate")
            }
            snapshot = next
            policy = LoadedPolicy(snapshot: next, configuration: configuration, forTraining: true, team: team)
            return norm
        }
    }

    /// Cuts the examples, in order, into parts of at most `maximumRows` rows; a longer example is alone.
    private static func parts(_ examples: [Example]) -> [ArraySlice<Example>] {
        var parts: [ArraySlice<Example>] = []
        var (start, rows) = (0, 0)
        for (index, example) in examples.enumerated() {
            let more = example.prompt.count + example.response.count - 1
            if rows > 0 && rows + more > maximumRows {
                parts.append(examples[start..<index])
                (start, rows) = (index, 0)
            }
            rows += more
        }
        return parts + [examples[start...]]
    }
}
