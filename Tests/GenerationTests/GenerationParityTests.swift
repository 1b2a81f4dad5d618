import Generation
import Model
import ModelTestSupport
import Tensor
import Testing

@Suite struct GenerationParityTests {
    /// Greedy decoding gives the tokens and log-probabilities of transformers.
    @Test(arguments: ModelFixture.names)
    func greedyDecodingAgreesWithTransformers(_ name: String) throws {
        let fixture = try ModelFixture(name)
        let golden = fixture.inputs.greedy
        let policy = LoadedPolicy(snapshot: fixture.snapshot, configuration: fixture.configuration)
        let request = GenerationRequest(
            group: 1, prompt: golden.prompt, samples: 1, maxTokens: golden.tokens.count, temperature: 0, runSeed: 0)
        let response = try #require(try generate(policy, [request])[1]?.responses.first)
        #expect(response.tokens == golden.tokens)
        // Relative to the logits, which are of order 1 even where the log-probability is almost 0.
        let error = zip(response.logProbabilities, golden.logprobs).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error < 1e-5)
        #expect(response.finish == .length)
    }

    /// Promise 5: at equal version the learner's log-probabilities are the rollout's, bit for bit, and so are the experts.
    @Test(arguments: RandomModel.configurations.indices, [ParameterPrecision.fp32, .bf16])
    func learnerReproducesTheRollout(_ index: Int, precision: ParameterPrecision) throws {
        let configuration = RandomModel.configurations[index]
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 3, version: 9, precision: precision),
            configuration: configuration)
        for temperature in [1, Float(0.6)] {
            let requests = requests(
                configuration, promptLengths: [1, 15, 16, 17, 40], maxTokens: 40, temperature: temperature)
            let generated = try generate(policy, requests, threads: 2)
            let groups = try requests.map { ($0, try #require(generated[$0.group])) }
            let (batch, routes) = learnerBatch(groups)
            let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
            let result = try pass.forward(policy, batch, temperature: temperature)
            #expect(result.logProbabilities == groups.flatMap { $0.1.responses.flatMap(\.logProbabilities) })
            #expect(result.routes == routes)
            #expect(groups.allSatisfy { $0.1.responses.allSatisfy { $0.spans.map(\.version) == [9] } })
        }
    }
}
