import Model
import Tensor

/// One policy and one batch, gone through again and again as the learner does.
final class LearnerBenchmark {
    let batch: PackedBatch
    private(set) var forwardSeconds: [Double] = []
    /// Forward and backward together.
    private(set) var trainingSeconds: [Double] = []
    /// AdamW, rounding to the policy's precision, hashing and packing.
    private(set) var updateSeconds: [Double] = []

    private let team: ThreadTeam
    private let configuration: ModelConfiguration
    private let pass: PolicyPass
    private let optimizer: AdamW
    private let gradient: ParameterArena
    private var policy: LoadedPolicy
    private let precision: ParameterPrecision
    private let clock = ContinuousClock()

    init(_ directory: ModelDirectory, batch: PackedBatch, team: ThreadTeam) throws {
        self.batch = batch
        self.team = team
        configuration = directory.configuration
        precision = directory.policy.precision
        pass = PolicyPass(configuration: configuration, team: team)
        optimizer = AdamW(master: ParameterArena(directory.policy), settings: AdamW.Settings(), team: team)
        gradient = ParameterArena(layout: directory.policy.layout)
        policy = LoadedPolicy(
            snapshot: directory.policy, configuration: configuration, forTraining: true, team: team)
        // Once without a clock: memory is taken up in the first pass.
        _ = try train()
    }

    func repeatOnce() throws {
        forwardSeconds.append(try seconds { _ = try pass.forward(policy, batch) })
        trainingSeconds.append(try seconds { try train() })
        updateSeconds.append(try seconds { try update() })
    }

    private func train() throws {
        gradient.zero()
        _ = try pass.forward(policy, batch, keepActivations: true)
        let count = batch.predictions.count
        try pass.backward(
            policy, dLogProbabilities: [Float](repeating: -1 / Float(count), count: count), into: gradient)
    }

    /// At learning rate 0 the weights stay, so every repetition does the same work.
    private func update() throws {
        guard case .applied = optimizer.step(gradient: gradient, learningRate: 0),
            let next = optimizer.snapshot(version: policy.version, precision: precision)
        else { throw CommandFailure("the gradient of random tokens is not finite; is the model damaged?") }
        policy = LoadedPolicy(snapshot: next, configuration: configuration, forTraining: true, team: team)
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = clock.now
        try body()
        return (clock.now - start) / .seconds(1)
    }
}
