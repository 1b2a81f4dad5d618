import Generation
import Model
import ModelTestSupport
import Tensor
import Testing

/// New weights between two steps: every token's log-probability is that of one named version on its full prefix.
@Suite struct VersionSwapTests {
    @Test(arguments: RandomModel.configurations.indices)
    func everySpanIsExactlyItsVersion(_ index: Int) throws {
        let configuration = RandomModel.configurations[index]
        let policies = (0..<3).map { version in
            LoadedPolicy(
                snapshot: RandomModel.snapshot(configuration, seed: 100 + UInt64(version), version: UInt64(version)),
                configuration: configuration)
        }
        let requests = requests(
            configuration, promptLengths: [1, 16, 21, 37], maxTokens: 45, stopTokens: [0])
        let engine = GenerationEngine(
            configuration: configuration, policy: policies[0], team: ThreadTeam(threads: 2),
            limits: GenerationLimits(maximumRunningSequences: 64, maximumBlocks: 512, prefillRows: 30))
        for request in requests { try engine.admit(request) }
        var finished: [UInt64: GeneratedGroup] = [:]
        for policy in policies {
            if policy.version > 0 { engine.install(policy) }
            for _ in 0..<9 {
                for group in try engine.step() { finished[group.group] = group }
            }
        }
        finished.merge(try drain(engine)) { first, _ in first }
        #expect(engine.statistics.recomputedRows > 0 && engine.usedBlocks == 0)

        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        var versionsSeen: Set<UInt64> = []
        for request in requests {
            let group = try #require(finished[request.group])
            let batch = PackedBatch.groups([(request.prompt, group.responses.map(\.tokens))])
            let byVersion = try policies.map { try pass.forward($0, batch) }
            for (index, response) in group.responses.enumerated() {
                #expect(response.spans.reduce(0) { $0 + $1.count } == response.tokens.count)
                #expect(response.routes.rows == response.tokens.count - 1)
                var position = 0
                for span in response.spans {
                    versionsSeen.insert(span.version)
                    let range = position..<position + span.count
                    let expected = byVersion[Int(span.version)].logProbabilities[batch.predictionOffsets[index]...]
                    #expect(
                        Array(expected.dropFirst(position).prefix(span.count))
                            == Array(response.logProbabilities[range]))
                    // Row r's experts are those in effect when token r + 1 was sampled.
                    let firstRow = batch.segments[index + 1].start
                    for row in range where row > 0 {
                        let routes = byVersion[Int(span.version)].routes.rows(firstRow + row - 1..<firstRow + row)
                        #expect(routes == response.routes.rows(row - 1..<row))
                    }
                    position += span.count
                }
            }
        }
        #expect(versionsSeen == [0, 1, 2])
    }

    /// The same weights under another number: the swap must not leave a trace in the tokens.
    @Test(arguments: RandomModel.configurations.indices)
    func swappingInTheSameWeightsChangesNothing(_ index: Int) throws {
        let configuration = RandomModel.configurations[index]
        func policy(_ version: UInt64) -> LoadedPolicy {
            LoadedPolicy(
                snapshot: RandomModel.snapshot(configuration, seed: 8, version: version), configuration: configuration)
        }
        let requests = requests(configuration, promptLengths: [3, 18, 32, 47], samples: 4, maxTokens: 28)
        let undisturbed = try generate(policy(0), requests)
        let engine = GenerationEngine(
            configuration: configuration, policy: policy(0), team: ThreadTeam(threads: 1),
            limits: GenerationLimits(maximumRunningSequences: 64, maximumBlocks: 512, prefillRows: 13))
        for request in requests { try engine.admit(request) }
        var finished: [UInt64: GeneratedGroup] = [:]
        var version: UInt64 = 0
        while !engine.isIdle {
            for group in try engine.step() { finished[group.group] = group }
            version += 1
            engine.install(policy(version))
        }
        for (name, group) in undisturbed {
            let swapped = try #require(finished[name])
            #expect(swapped.responses.map(\.tokens) == group.responses.map(\.tokens))
            #expect(swapped.responses.map(\.logProbabilities) == group.responses.map(\.logProbabilities))
            #expect(swapped.responses.map(\.routes) == group.responses.map(\.routes))
            #expect(swapped.promptRoutes == group.promptRoutes)
        }
    }
}
