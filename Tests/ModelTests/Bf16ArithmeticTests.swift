import Model
import ModelTestSupport
import Tensor
import TestSupport
import Testing

/// Products in bf16: near those in fp32, forward and backward, on every golden model.
@Suite struct Bf16ArithmeticTests {
    private static let models = ["qwen2_dense", "qwen3_dense", "llama_dense", "qwen2_moe", "qwen3_moe"]

    private struct Outcome {
        let logProbabilities: [Float]
        let routes: RoutingTable
        let gradient: ParameterArena
    }

    /// Log-probabilities of random groups, and the gradient of a weighted sum of them.
    private func compute(
        _ fixture: ModelFixture, _ arithmetic: ProductArithmetic, replay: RoutingTable?, threads: Int = 1,
        recomputesLayers: Bool = false
    ) throws -> Outcome {
        let configuration = fixture.configuration
        let policy = LoadedPolicy(
            snapshot: fixture.snapshot, configuration: configuration, forTraining: true, arithmetic: arithmetic)
        let pass = PolicyPass(
            configuration: configuration, team: ThreadTeam(threads: threads), recomputesLayers: recomputesLayers)
        let batch = PackedBatch.groups(RandomModel.groups(configuration, seed: 3, count: 6))
        let result = try pass.forward(policy, batch, replay: replay, keepActivations: true)
        let gradient = ParameterArena(layout: policy.layout)
        let weights = (0..<result.logProbabilities.count).map { Float($0 % 7) - 2.5 }
        try pass.backward(policy, dLogProbabilities: weights, into: gradient)
        return Outcome(logProbabilities: result.logProbabilities, routes: result.routes, gradient: gradient)
    }

    @Test(arguments: models)
    func resultsStayWithinTolerance(_ name: String) throws {
        let fixture = try ModelFixture(name)
        let exact = try compute(fixture, .fp32, replay: nil)
        // The exact experts: a router that chooses another one is no rounding error.
        let replay = fixture.configuration.experts == nil ? nil : exact.routes
        let rounded = try compute(fixture, .bf16, replay: replay)
        let gap = relativeFrobeniusError(rounded.logProbabilities, exact.logProbabilities)
        #expect(gap > 1e-6 && gap < 0.02, "log-probabilities: \(gap)")
        for tensor in exact.gradient.layout.tensors {
            let (ours, theirs) = (rounded.gradient.values(tensor), exact.gradient.values(tensor))
            guard theirs.contains(where: { $0 != 0 }) else {
                #expect(ours.allSatisfy { $0 == 0 }, "\(tensor.name) must be exactly zero")
                continue
            }
            let error = relativeFrobeniusError(ours, theirs)
            #expect(error < 0.06, "\(tensor.name): \(error)")
        }
    }

    /// Gradients have the same bits with any number of threads, and with activations kept or computed again.
    @Test(arguments: models)
    func gradientsDoNotDependOnThreadsOrRecomputation(_ name: String) throws {
        let fixture = try ModelFixture(name)
        let plain = try compute(fixture, .bf16, replay: nil)
        for (threads, recomputes) in [(3, false), (1, true)] {
            let other = try compute(fixture, .bf16, replay: nil, threads: threads, recomputesLayers: recomputes)
            #expect(other.logProbabilities == plain.logProbabilities)
            #expect(other.gradient.buffer.values == plain.gradient.buffer.values)
        }
    }
}
