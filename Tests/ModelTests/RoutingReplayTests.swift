import Model
import ModelTestSupport
import Tensor
import Testing

@Suite struct RoutingReplayTests {
    private let configuration = RandomModel.configurations[4]

    private func setUp() -> (LoadedPolicy, PolicyPass, PackedBatch) {
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 51), configuration: configuration)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        return (policy, pass, .groups(RandomModel.groups(configuration, seed: 9)))
    }

    @Test func replayingTheNativeRoutesChangesNothing() throws {
        let (policy, pass, batch) = setUp()
        let native = try pass.forward(policy, batch)
        let replayed = try pass.forward(policy, batch, replay: native.routes)
        #expect(replayed.logProbabilities == native.logProbabilities)
        #expect(replayed.routes == native.routes)
    }

    @Test func missingRowsFallBackToTheRouter() throws {
        let (policy, pass, batch) = setUp()
        let native = try pass.forward(policy, batch)
        let nothing = RoutingTable(rows: batch.rowCount, layers: native.routes.layers, topK: native.routes.topK)
        let fallenBack = try pass.forward(policy, batch, replay: nothing)
        #expect(fallenBack.logProbabilities == native.logProbabilities)
        var partly = nothing
        for row in stride(from: 0, to: batch.rowCount, by: 2) { partly.setRow(row, from: native.routes, row: row) }
        #expect(try pass.forward(policy, batch, replay: partly).logProbabilities == native.logProbabilities)
    }

    @Test func otherExpertsGiveOtherLogProbabilities() throws {
        let (policy, pass, batch) = setUp()
        let native = try pass.forward(policy, batch)
        let ids = native.routes.ids.indices.map { Int16($0 % native.routes.topK) }
        let forced = try RoutingTable(
            rows: native.routes.rows, layers: native.routes.layers, topK: native.routes.topK, ids: ids)
        #expect(try pass.forward(policy, batch, replay: forced).logProbabilities != native.logProbabilities)
    }

    @Test func badRoutesAreRefused() throws {
        let (policy, pass, batch) = setUp()
        let (layers, topK) = (configuration.sparseLayers.count, 3)
        func table(_ change: (inout [Int16]) -> Void) throws -> RoutingTable {
            var ids = (0..<batch.rowCount * layers).flatMap { _ -> [Int16] in [0, 1, 2] }
            change(&ids)
            return try RoutingTable(rows: batch.rowCount, layers: layers, topK: topK, ids: ids)
        }
        let outOfRange = try table { $0[4] = 5 }
        let negative = try table { $0[4] = -1 }
        let repeated = try table { $0[4] = 0 }
        let short = RoutingTable(rows: batch.rowCount - 1, layers: layers, topK: topK)
        for bad in [outOfRange, negative, repeated, short] {
            #expect(throws: PolicyPassError.self) { try pass.forward(policy, batch, replay: bad) }
        }
        #expect(throws: PolicyPassError.self) { try RoutingTable(rows: 2, layers: layers, topK: topK, ids: [0, 1, 2]) }
    }
}
