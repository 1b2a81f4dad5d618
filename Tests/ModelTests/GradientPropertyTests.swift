import Model
import ModelTestSupport
import Tensor
import Testing

@Suite struct GradientPropertyTests {
    private func gradient(
        _ configuration: ModelConfiguration, batch: PackedBatch, threads: Int = 1, recomputesLayers: Bool = false,
        dLogProbabilities: [Float]
    ) throws -> ParameterArena {
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 31), configuration: configuration, forTraining: true)
        let pass = PolicyPass(
            configuration: configuration, team: ThreadTeam(threads: threads), recomputesLayers: recomputesLayers)
        _ = try pass.forward(policy, batch, keepActivations: true)
        let gradient = ParameterArena(layout: policy.layout)
        try pass.backward(policy, dLogProbabilities: dLogProbabilities, into: gradient)
        return gradient
    }

    @Test(arguments: RandomModel.configurations.indices)
    func bitsDoNotDependOnThreadsOrRecomputation(_ index: Int) throws {
        let configuration = RandomModel.configurations[index]
        let batch = PackedBatch.groups(RandomModel.groups(configuration, seed: 5, count: 6))
        let weights = RowInvarianceTests.weights(batch.predictions.count)
        let reference = try gradient(configuration, batch: batch, dLogProbabilities: weights).buffer.values
        for threads in [1, 2, 3] {
            for recomputes in [false, true] {
                let other = try gradient(
                    configuration, batch: batch, threads: threads, recomputesLayers: recomputes,
                    dLogProbabilities: weights)
                #expect(other.buffer.values == reference)
            }
        }
        #expect(reference.contains { $0 != 0 })
    }

    @Test(arguments: RandomModel.configurations.indices)
    func sharedPrefixesGiveTheGradientsOfUnsharedSequences(_ index: Int) throws {
        let configuration = RandomModel.configurations[index]
        let groups = RandomModel.groups(configuration, seed: 6, count: 4)
        let shared = PackedBatch.groups(groups)
        let weights = RowInvarianceTests.weights(shared.predictions.count)
        let unshared = PackedBatch.sequences(groups.flatMap { group in group.responses.map { group.prompt + $0 } })
        var unsharedWeights: [Float] = []
        var next = weights[...]
        for group in groups {
            for response in group.responses {
                unsharedWeights += Array(repeating: 0, count: group.prompt.count - 1) + next.prefix(response.count)
                next = next.dropFirst(response.count)
            }
        }
        let one = try gradient(configuration, batch: shared, dLogProbabilities: weights)
        let other = try gradient(configuration, batch: unshared, dLogProbabilities: unsharedWeights)
        for tensor in one.layout.tensors {
            let error = relativeFrobeniusError(one.values(tensor), other.values(tensor))
            #expect(error < 2e-5, "\(tensor.name) \(error)")
        }
    }

    /// Two batches' gradients add up in one arena.
    @Test func gradientsAccumulate() throws {
        let configuration = RandomModel.configurations[2]
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 31), configuration: configuration, forTraining: true)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        let batch = PackedBatch.groups(RandomModel.groups(configuration, seed: 5))
        let weights = RowInvarianceTests.weights(batch.predictions.count)
        let total = ParameterArena(layout: policy.layout)
        for _ in 0..<2 {
            _ = try pass.forward(policy, batch, keepActivations: true)
            try pass.backward(policy, dLogProbabilities: weights, into: total)
        }
        let once = try gradient(configuration, batch: batch, dLogProbabilities: weights)
        #expect(relativeFrobeniusError(total.buffer.values, once.buffer.values.map { 2 * $0 }) < 1e-6)
    }

    /// The derivative along a random direction, at a temperature and with replayed experts, against a difference quotient of
    /// the loss. Replayed experts are not those the router would choose.
    @Test(arguments: RandomModel.configurations.indices)
    func directionalDerivativeWithReplayAndTemperature(_ index: Int) throws {
        let configuration = RandomModel.configurations[index]
        let snapshot = RandomModel.snapshot(configuration, seed: 41)
        let batch = PackedBatch.groups(RandomModel.groups(configuration, seed: 8))
        let weights = RowInvarianceTests.weights(batch.predictions.count)
        let replay = try shiftedRoutes(configuration, rows: batch.rowCount)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        let direction = RandomModel.snapshot(configuration, seed: 42)
        func policy(_ distance: Float, forTraining: Bool = false) -> LoadedPolicy {
            LoadedPolicy(
                snapshot: snapshot.moved(by: distance, along: direction), configuration: configuration,
                forTraining: forTraining)
        }
        func loss(_ distance: Float) throws -> Double {
            let result = try pass.forward(policy(distance), batch, replay: replay, temperature: 1.7)
            return zip(result.logProbabilities, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        let trained = policy(0, forTraining: true)
        let result = try pass.forward(trained, batch, replay: replay, keepActivations: true, temperature: 1.7)
        #expect(result.routes == replay)
        let gradient = ParameterArena(layout: snapshot.layout)
        try pass.backward(trained, dLogProbabilities: weights, into: gradient)
        let slope = zip(gradient.buffer.values, ParameterArena(direction).buffer.values).reduce(0) {
            $0 + Double($1.0) * Double($1.1)
        }
        let step: Float = 2e-4
        let quotient = (try loss(step) - loss(-step)) / Double(2 * step)
        #expect(abs(slope - quotient) < 0.02 * abs(quotient) + 0.05, "\(slope) against \(quotient)")
    }

    private func shiftedRoutes(_ configuration: ModelConfiguration, rows: Int) throws -> RoutingTable {
        let layers = configuration.sparseLayers.count
        guard let experts = configuration.experts else { return RoutingTable(rows: rows, layers: 0, topK: 0) }
        let ids = (0..<rows * layers).flatMap { choice in
            (0..<experts.topK).map { Int16((choice * 7 + $0) % experts.count) }.sorted()
        }
        return try RoutingTable(rows: rows, layers: layers, topK: experts.topK, ids: ids)
    }
}
