import Generation
import Model
import ModelTestSupport
import Tensor
import Testing

/// Promises 5 and 6: what a group becomes does not depend on what else runs, on threads, chunks or the order of admission.
@Suite struct BatchIndependenceTests {
    @Test(
        arguments: RandomModel.configurations.indices,
        [(ForwardPrecision.exact, ProductArithmetic.fp32), (.int8, .fp32), (.exact, .bf16), (.int8, .bf16)])
    func aGroupAloneOrAmongOthers(
        _ index: Int, precision: (forward: ForwardPrecision, arithmetic: ProductArithmetic)
    ) throws {
        let configuration = RandomModel.configurations[index]
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 5), configuration: configuration,
            arithmetic: precision.arithmetic, precision: precision.forward)
        let group = requests(configuration, promptLengths: [23], samples: 4, maxTokens: 30, firstGroup: 500)
        let others = requests(configuration, promptLengths: (1...20).map { $0 * 2 }, samples: 2, maxTokens: 25)
        let alone = try #require(try generate(policy, group)[500])

        let among = try generate(policy, others.prefix(10) + group + others.dropFirst(10))
        #expect(among[500] == alone)
        let crowded = try generate(
            policy, others + group, threads: 3,
            limits: GenerationLimits(maximumRunningSequences: 9, maximumBlocks: 60, prefillRows: 5))
        #expect(crowded[500] == alone)
        #expect(crowded == among)
    }

    @Test func randomNumbersAreKeyedByRunGroupAndSample() throws {
        let configuration = RandomModel.configurations[1]
        let policy = LoadedPolicy(snapshot: RandomModel.snapshot(configuration, seed: 5), configuration: configuration)
        var request = requests(configuration, promptLengths: [9], samples: 3, maxTokens: 24, stopTokens: [])[0]
        let first = try #require(try generate(policy, [request])[0])
        #expect(Set(first.responses.map(\.tokens)).count == 3)
        request.samples = 1
        #expect(try generate(policy, [request])[0]?.responses.first?.tokens == first.responses[0].tokens)
        request.runSeed += 1
        #expect(try generate(policy, [request])[0]?.responses.first?.tokens != first.responses[0].tokens)
        request.runSeed -= 1
        request.group = 4
        #expect(try generate(policy, [request])[4]?.responses.first?.tokens != first.responses[0].tokens)
    }

    /// First tokens come out as often as the policy says.
    @Test func samplingFollowsTheDistribution() throws {
        let configuration = RandomModel.configurations[3]
        let policy = LoadedPolicy(snapshot: RandomModel.snapshot(configuration, seed: 6), configuration: configuration)
        let samples = 4000
        var request = requests(configuration, promptLengths: [5], samples: samples, maxTokens: 1)[0]
        request.temperature = 1.3
        let group = try #require(
            try generate(
                policy, [request],
                limits: GenerationLimits(maximumRunningSequences: samples, maximumBlocks: 2 * samples))[0])
        var counts: [Int32: Int] = [:]
        for response in group.responses { counts[response.tokens[0], default: 0] += 1 }
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        let vocabulary = (0..<Int32(configuration.vocabularySize)).map { [$0] }
        let logProbabilities = try pass.forward(
            policy, .groups([(request.prompt, vocabulary)]), temperature: 1.3
        ).logProbabilities
        // Pearson's statistic has as many degrees of freedom as tokens; 2 per degree is far in the tail.
        var statistic = 0.0
        for (token, logProbability) in logProbabilities.enumerated() {
            let expected = Double(samples) * Double(exponential(logProbability))
            let difference = Double(counts[Int32(token), default: 0]) - expected
            statistic += difference * difference / expected
        }
        #expect(statistic < 2 * Double(vocabulary.count))
    }
}
