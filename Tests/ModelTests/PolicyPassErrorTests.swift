import Model
import ModelTestSupport
import Tensor
import Testing

@Suite struct PolicyPassErrorTests {
    private let configuration = RandomModel.configurations[0]

    @Test func badInputIsRefusedBeforeComputing() throws {
        let policy = LoadedPolicy(snapshot: RandomModel.snapshot(configuration, seed: 1), configuration: configuration)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        #expect(throws: PolicyPassError.token(id: 101, row: 1, vocabulary: 101)) {
            try pass.forward(policy, .sequences([[1, 101, 3]]))
        }
        #expect(throws: PolicyPassError.token(id: -5, row: 1, vocabulary: 101)) {
            try pass.forward(policy, .sequences([[1, 2, -5]]))
        }
        #expect(throws: PolicyPassError.sequenceTooLong(positions: 513, maximum: 512)) {
            try pass.forward(policy, .sequences([Array(repeating: 1, count: 514)]))
        }
        for temperature in [0, -1, Float.nan, .infinity] {
            #expect(throws: PolicyPassError.self) {
                try pass.forward(policy, .sequences([[1, 2]]), temperature: temperature)
            }
        }
        #expect(throws: PolicyPassError.self) {
            try pass.forward(policy, .sequences([[1, 2]]), keepActivations: true)
        }
        #expect(throws: PolicyPassError.self) {
            try pass.backward(policy, dLogProbabilities: [1], into: ParameterArena(layout: policy.layout))
        }
    }

    /// Sequences too short to predict anything take no rows and give no predictions.
    @Test func emptySequences() throws {
        let policy = LoadedPolicy(snapshot: RandomModel.snapshot(configuration, seed: 1), configuration: configuration)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        #expect(try pass.forward(policy, .sequences([])).logProbabilities.isEmpty)
        let batch = PackedBatch.sequences([[], [7], [1, 2]])
        #expect(batch.predictionOffsets == [0, 0, 0, 1])
        #expect(try pass.forward(policy, batch).logProbabilities.count == 1)
    }
}
