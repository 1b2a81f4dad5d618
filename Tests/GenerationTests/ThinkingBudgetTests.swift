import Generation
import Model
import ModelTestSupport
import Tensor
import Testing

/// Thoughts that are too long are ended by forced tokens.
@Suite struct ThinkingBudgetTests {
    private static let configuration = RandomModel.configurations[2]
    private static let policy = LoadedPolicy(
        snapshot: RandomModel.snapshot(configuration, seed: 60), configuration: configuration)

    /// Requests whose responses begin with many different tokens.
    private func requests(_ budget: ThinkingBudget?, maxTokens: Int = 24) -> [GenerationRequest] {
        GenerationTests.requests(
            Self.configuration, promptLengths: [2, 9, 17, 30], samples: 8, maxTokens: maxTokens, stopTokens: [0]
        ).map { request in
            var request = request
            request.thinkingBudget = budget
            return request
        }
    }

    /// What the sampler would do unbounded decides who thinks: the commonest first token opens, the last sampled one of
    /// some response closes.
    private func budget(tokens: Int, stop: [Int32]) throws -> ThinkingBudget {
        let free = try generate(Self.policy, requests(nil)).values.flatMap(\.responses)
        let firsts = Dictionary(grouping: free.compactMap(\.tokens.first)) { $0 }
        let open = try #require(firsts.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.key)
        let thinking = free.filter { $0.tokens.first == open && $0.tokens.count > tokens }
        let close = try #require(thinking.compactMap { $0.tokens.dropFirst().first }.first)
        return ThinkingBudget(tokens: tokens, openToken: open, closeToken: close, stopTokens: stop + [close])
    }

    @Test func onlyUnfinishedThoughtsAreEnded() throws {
        let budget = try budget(tokens: 5, stop: [7, 0, 9])
        let free = try generate(Self.policy, requests(nil))
        var (forcedCount, leftAlone) = (0, 0)
        for (group, result) in try generate(Self.policy, requests(budget)) {
            for (response, unbounded) in zip(result.responses, free[group]?.responses ?? []) {
                let thoughts = unbounded.tokens.prefix(5)
                let mustStop =
                    thoughts.count == 5 && thoughts.first == budget.openToken
                    && !thoughts.contains(budget.closeToken) && unbounded.tokens.count > 5
                if mustStop {
                    // The same until then, then the stop text; a stop token within it ends nothing.
                    #expect(response.forced == 5..<9)
                    #expect(Array(response.tokens.prefix(9)) == Array(thoughts) + budget.stopTokens)
                    #expect(response.tokens.count > 9 || response.finish == .stop)
                    forcedCount += 1
                } else {
                    #expect(response == unbounded)
                    leftAlone += 1
                }
            }
        }
        #expect(forcedCount > 0 && leftAlone > 0)
    }

    /// Forced tokens have the policy's own log-probabilities, so the learner's forward gives the same bits for all tokens.
    @Test func theLearnerReproducesForcedTokens() throws {
        let budget = try budget(tokens: 4, stop: [7, 8])
        let requests = requests(budget)
        let groups = try generate(Self.policy, requests)
        let pairs = requests.compactMap { request in groups[request.group].map { (request: request, result: $0) } }
        #expect(pairs.flatMap { $0.result.responses }.contains { $0.forced != nil })
        let (batch, _) = learnerBatch(pairs)
        let pass = PolicyPass(configuration: Self.configuration, team: ThreadTeam(threads: 1))
        let recomputed = try pass.forward(Self.policy, batch).logProbabilities
        let sampled = pairs.flatMap { $0.result.responses.flatMap(\.logProbabilities) }
        #expect(recomputed.map(\.bitPattern) == sampled.map(\.bitPattern))
    }

    @Test func theLongestResponseIsTheLongestWithForcedTokensToo() throws {
        let budget = try budget(tokens: 5, stop: [7, 8, 9])
        let responses = try generate(Self.policy, requests(budget, maxTokens: 7)).values.flatMap(\.responses)
        let cut = responses.filter { $0.forced != nil }
        #expect(!cut.isEmpty && cut.allSatisfy { $0.forced == 5..<7 && $0.finish == .length })
    }

    @Test func impossibleBudgetsAreRefused() throws {
        let engine = GenerationEngine(
            configuration: Self.configuration, policy: Self.policy, team: ThreadTeam(threads: 1),
            limits: GenerationLimits(maximumRunningSequences: 8, maximumBlocks: 64))
        for budget in [
            ThinkingBudget(tokens: 0, openToken: 1, closeToken: 2, stopTokens: [2]),
            ThinkingBudget(tokens: 3, openToken: 1, closeToken: 2, stopTokens: [9999]),
        ] {
            let request = requests(budget)[0]
            #expect(throws: GenerationError.self) { try engine.admit(request) }
        }
    }
}
