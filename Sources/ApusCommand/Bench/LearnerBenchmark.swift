import Model
import Tensor

/// One policy and one batch, gone through again and again as the learner does.
final class LearnerBenchmark {
    let batch: PackedBatch
    private(set) var forward = Times()
    /// Forward and backward together.
    private(set) var training = Times()
    /// AdamW, rounding to the policy's precision, hashing and packing.
    private(set) var update = Times()

    /// Seconds of every repetition.
    struct Times {
        private(set) var wall: [Double] = []
        private(set) var processor: [Double] = []

        fileprivate mutating func measure(_ body: () throws -> Void) rethrows {
            let stopwatch = Stopwatch()
            try body()
            wall.append(stopwatch.wallSeconds)
            processor.append(stopwatch.processorSeconds)
        }
    }

    private let team: ThreadTeam
    private let configuration: ModelConfiguration
    private let pass: PolicyPass
    private let optimizer: AdamW
    private let gradient: ParameterArena
    private var policy: LoadedPolicy
    private let precision: ParameterPrecision
    private let arithmetic: ProductArithmetic

    init(_ directory: ModelDirectory, batch: PackedBatch, arithmetic: ProductArithmetic, team: ThreadTeam) throws {
        self.batch = batch
        self.team = team
        configuration = directory.configuration
        precision = directory.policy.precision
        self.arithmetic = arithmetic
        pass = PolicyPass(configuration: configuration, team: team)
        optimizer = AdamW(master: ParameterArena(directory.policy), settings: AdamW.Settings(), team: team)
        gradient = ParameterArena(layout: directory.policy.layout)
        policy = LoadedPolicy(
            snapshot: directory.policy, configuration: configuration, forTraining: true, arithmetic: arithmetic,
            team: team)
        // Once without a clock: memory is taken up in the first pass.
        _ = try train()
    }

    func repeatOnce() throws {
        try forward.measure { _ = try pass.forward(policy, batch) }
        try training.measure { try train() }
        try update.measure { try makeNextPolicy() }
    }

    private func train() throws {
        gradient.zero()
        _ = try pass.forward(policy, batch, keepActivations: true)
        let count = batch.predictions.count
        try pass.backward(
            policy, dLogProbabilities: [Float](repeating: -1 / Float(count), count: count), into: gradient)
    }

    /// At learning rate 0 the weights stay, so every repetition does the same work.
    private func makeNextPolicy() throws {
        guard case .applied = optimizer.step(gradient: gradient, learningRate: 0),
            let next = optimizer.snapshot(version: policy.version, precision: precision)
        else { throw CommandFailure("the gradient of random tokens is not finite; is the model damaged?") }
        policy = LoadedPolicy(
            snapshot: next, configuration: configuration, forTraining: true, arithmetic: arithmetic, team: team)
    }
}
