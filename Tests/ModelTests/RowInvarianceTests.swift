import Model
import ModelTestSupport
import Tensor
import TestSupport
import Testing

/// Promise 5: a row's bits depend on its prefix and the weights, on nothing else.
@Suite struct RowInvarianceTests {
    @Test(
        arguments: RandomModel.configurations.indices,
        [
            (ParameterPrecision.fp32, ForwardPrecision.exact, ProductArithmetic.fp32), (.bf16, .exact, .fp32),
            (.bf16, .int8, .fp32), (.bf16, .exact, .bf16), (.fp32, .exact, .bf16),
        ])
    func logProbabilitiesDoNotDependOnBatchPackingOrThreads(
        _ index: Int,
        _ precision: (weights: ParameterPrecision, forward: ForwardPrecision, arithmetic: ProductArithmetic)
    ) throws {
        let configuration = RandomModel.configurations[index]
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 11, precision: precision.weights),
            configuration: configuration, arithmetic: precision.arithmetic, precision: precision.forward)
        for seed in 0..<3 {
            let groups = RandomModel.groups(configuration, seed: UInt64(seed), count: 5)
            let one = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
            let whole = try one.forward(policy, .groups(groups))
            for threads in [2, 3] {
                let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: threads))
                let again = try pass.forward(policy, .groups(groups))
                #expect(again.logProbabilities == whole.logProbabilities)
                #expect(again.entropies == whole.entropies)
                #expect(again.routes == whole.routes)
            }
            let alone = try groups.flatMap { try one.forward(policy, .groups([$0])).logProbabilities }
            #expect(alone == whole.logProbabilities)
            let unshared = try groups.flatMap { group in
                try group.responses.flatMap { response in
                    let sequence = try one.forward(policy, .sequences([group.prompt + response]))
                    return sequence.logProbabilities.suffix(response.count)
                }
            }
            #expect(unshared == whole.logProbabilities)
        }
    }

    /// A pass that has worked on other shapes before gives the same bits: no stale memory is read.
    @Test(arguments: RandomModel.configurations.indices, [ProductArithmetic.fp32, .bf16])
    func passesHaveNoMemory(_ index: Int, _ arithmetic: ProductArithmetic) throws {
        let configuration = RandomModel.configurations[index]
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 12), configuration: configuration, forTraining: true,
            arithmetic: arithmetic)
        let used = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 2))
        for seed in 20..<24 {
            let batch = PackedBatch.groups(RandomModel.groups(configuration, seed: UInt64(seed)))
            let fresh = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 2))
            let gradients = try [used, fresh].map { pass in
                let result = try pass.forward(policy, batch, keepActivations: true)
                let gradient = ParameterArena(layout: policy.layout)
                try pass.backward(
                    policy, dLogProbabilities: RowInvarianceTests.weights(result.logProbabilities.count), into: gradient
                )
                return (result.logProbabilities, gradient.buffer.values)
            }
            #expect(gradients[0].0 == gradients[1].0)
            #expect(gradients[0].1 == gradients[1].1)
        }
    }

    static func weights(_ count: Int) -> [Float] {
        var generator = SplitMix64(seed: 99)
        return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
    }
}
