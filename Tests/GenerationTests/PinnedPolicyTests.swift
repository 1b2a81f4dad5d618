import Generation
import Model
import ModelTestSupport
import Tensor
import Testing

/// Groups that one version must generate, side by side with others and across changes of version.
@Suite struct PinnedPolicyTests {
    @Test(arguments: RandomModel.configurations.indices)
    func aPinnedGroupIsGeneratedByItsPolicyAlone(_ index: Int) throws {
        let configuration = RandomModel.configurations[index]
        let policies = (0..<3).map { version in
            LoadedPolicy(
                snapshot: RandomModel.snapshot(configuration, seed: 50 + UInt64(version), version: UInt64(version)),
                configuration: configuration)
        }
        func batch(_ first: UInt64) -> [GenerationRequest] {
            requests(configuration, promptLengths: [2, 17, 30], maxTokens: 25, firstGroup: first, stopTokens: [0])
        }
        let engine = GenerationEngine(
            configuration: configuration, policy: policies[0], team: ThreadTeam(threads: 2),
            limits: GenerationLimits(maximumRunningSequences: 64, maximumBlocks: 512, prefillRows: 20))
        for request in batch(0) { try engine.admit(request, pinned: policies[0]) }
        for request in batch(10) { try engine.admit(request, pinned: policies[2]) }
        for request in batch(20) { try engine.admit(request) }
        var finished: [UInt64: GeneratedGroup] = [:]
        for _ in 0..<5 { for group in try engine.step() { finished[group.group] = group } }
        engine.install(policies[1])
        finished.merge(try drain(engine)) { first, _ in first }
        #expect(engine.usedBlocks == 0)

        let alone = try generate(policies[0], batch(0)).merging(try generate(policies[2], batch(10))) { first, _ in
            first
        }
        for (name, group) in alone { #expect(finished[name] == group) }
        let following = finished.filter { $0.key >= 20 }.values.flatMap(\.responses).flatMap(\.spans)
        #expect(following.contains { $0.version == 0 } && following.contains { $0.version == 1 })
        #expect(following.allSatisfy { $0.sha256 == policies[Int($0.version)].sha256 })
    }
}
