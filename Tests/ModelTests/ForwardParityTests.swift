import Model
import ModelTestSupport
import Tensor
import Testing

/// The forward agrees with transformers, for every architecture.
@Suite struct ForwardParityTests {
    @Test(arguments: ModelFixture.names)
    func logProbabilitiesAndHiddenStates(_ name: String) throws {
        let fixture = try ModelFixture(name)
        let policy = LoadedPolicy(snapshot: fixture.snapshot, configuration: fixture.configuration, forTraining: true)
        let pass = PolicyPass(configuration: fixture.configuration, team: ThreadTeam(threads: 1))
        let batch = PackedBatch.sequences(fixture.sequences)
        let result = try pass.forward(policy, batch, keepActivations: true)

        let golden = try fixture.array("logprobs").values
        let width = 23
        let expected = fixture.inputs.lengths.enumerated().flatMap { row, length in
            (0..<length - 1).map { golden[row * width + $0] }
        }
        let error = relativeMaximumError(result.logProbabilities, expected)
        #expect(error < 1e-5)

        for layer in 0..<fixture.configuration.layerCount {
            let golden = try fixture.array("hidden_\(layer)")
            let expected = realRows(
                golden.values, lengths: fixture.inputs.lengths, width: fixture.configuration.hiddenSize)
            let error = relativeMaximumError(try pass.hiddenStates(enteringLayer: layer), expected)
            #expect(error < 1e-5)
        }
    }

    /// Logits of every real row, straight from the forward and the head.
    @Test(arguments: ModelFixture.names)
    func logits(_ name: String) throws {
        let fixture = try ModelFixture(name)
        let (configuration, golden) = (fixture.configuration, try fixture.array("logits"))
        let policy = LoadedPolicy(snapshot: fixture.snapshot, configuration: configuration)
        let team = ThreadTeam(threads: 1)
        let forward = RowForward(configuration: configuration, team: team)
        let head = LanguageModelHead(configuration: configuration, team: team)
        let pool = KeyValuePool(configuration: configuration, layers: 1, blocks: 2)
        for (index, sequence) in fixture.sequences.enumerated() {
            var plan = RowPlan()
            let table = plan.addTable([0, 1])
            for (position, token) in sequence.enumerated() {
                plan.addRow(token: token, position: position, table: table)
            }
            var routes: RoutingTable?
            let stream = forward.run(policy, plan, pool: pool, routes: &routes)
            let logits = Array(0..<Int32(sequence.count)).withUnsafeBufferPointer { rows in
                let chunk = head.project(policy, stream: stream, rows: rows)
                return Array(
                    UnsafeBufferPointer(start: chunk.logits, count: rows.count * configuration.vocabularySize))
            }
            let start = index * 24 * configuration.vocabularySize
            #expect(relativeMaximumError(logits, Array(golden.values[start..<start + logits.count])) < 1e-5)
        }
    }

    /// Rows of the fed tokens out of a padded [3, 24, width] array.
    private func realRows(_ values: [Float], lengths: [Int], width: Int) -> [Float] {
        lengths.enumerated().flatMap { row, length in
            values[row * 24 * width..<(row * 24 + length - 1) * width]
        }
    }
}
