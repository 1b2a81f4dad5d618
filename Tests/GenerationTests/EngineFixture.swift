import Generation
import Model
import ModelTestSupport
import Tensor

/// Runs requests to the end.
func generate(
    _ policy: LoadedPolicy, _ requests: [GenerationRequest], threads: Int = 1,
    limits: GenerationLimits = GenerationLimits(maximumRunningSequences: 256, maximumBlocks: 4096)
) throws -> [UInt64: GeneratedGroup] {
    let engine = GenerationEngine(
        configuration: policy.configuration, policy: policy, team: ThreadTeam(threads: threads), limits: limits)
    for request in requests { try engine.admit(request) }
    return try drain(engine)
}

/// Steps until the engine is idle.
func drain(_ engine: GenerationEngine) throws -> [UInt64: GeneratedGroup] {
    var groups: [UInt64: GeneratedGroup] = [:]
    while !engine.isIdle {
        for group in try engine.step() { groups[group.group] = group }
    }
    return groups
}

/// The learner's view of generated groups: one tree per group.
func learnerBatch(_ groups: [(request: GenerationRequest, result: GeneratedGroup)]) -> (PackedBatch, RoutingTable) {
    let batch = PackedBatch.groups(groups.map { ($0.request.prompt, $0.result.responses.map(\.tokens)) })
    let routes = RoutingTable(
        concatenating: groups.flatMap { [$0.result.promptRoutes] + $0.result.responses.map(\.routes) })
    return (batch, routes)
}

/// Requests with prompts of `lengths` random tokens.
func requests(
    _ configuration: ModelConfiguration, promptLengths: [Int], samples: Int = 3, maxTokens: Int = 20,
    firstGroup: UInt64 = 0, temperature: Float = 1, stopTokens: [Int32] = [1, 2, 3]
) -> [GenerationRequest] {
    promptLengths.enumerated().map { index, length in
        let group = firstGroup + UInt64(index)
        return GenerationRequest(
            group: group,
            prompt: (0..<length).map { Int32((Int(group) * 31 + $0 * 17 + 5) % configuration.vocabularySize) },
            samples: samples, maxTokens: maxTokens, stopTokens: stopTokens, temperature: temperature, runSeed: 77)
    }
}
