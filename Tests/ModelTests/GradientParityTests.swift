import Model
import ModelTestSupport
import Tensor
import Testing

/// Every gradient tensor agrees with PyTorch's, for every architecture and objective.
@Suite struct GradientParityTests {
    @Test(arguments: ModelFixture.names, [false, true])
    func negativeLogLikelihood(_ name: String, recomputesLayers: Bool) throws {
        let fixture = try ModelFixture(name)
        let (value, gradient) = try differentiate(fixture, recomputesLayers: recomputesLayers) {
            FixtureLoss.negativeLogLikelihood($0)
        }
        #expect(abs(value.loss - fixture.inputs.nllLoss) < 1e-5 * fixture.inputs.nllLoss)
        try expectEqual(gradient, to: fixture.arena("grads_nll"), name: name)
    }

    @Test(
        arguments: ModelFixture.names,
        ["gspo_eps0.2_0.2", "gspo_eps0.0003_0.0004", "grpo_eps0.2_0.2"])
    func policyObjectives(_ name: String, objective: String) throws {
        let fixture = try ModelFixture(name)
        let loss = try FixtureLoss(fixture)
        let settings = try #require(fixture.inputs.rl[objective])
        let (value, gradient) = try differentiate(fixture) {
            loss.policyLoss(
                $0, isPerSequence: objective.hasPrefix("gspo"), low: settings.epsLow, high: settings.epsHigh)
        }
        #expect(abs(value.loss - settings.loss) < 1e-5)
        try expectEqual(gradient, to: fixture.arena("grads_" + objective), name: name + " " + objective)
    }

    private func differentiate(
        _ fixture: ModelFixture, recomputesLayers: Bool = false, _ loss: ([Float]) -> FixtureLoss.Value
    ) throws -> (FixtureLoss.Value, ParameterArena) {
        let policy = LoadedPolicy(snapshot: fixture.snapshot, configuration: fixture.configuration, forTraining: true)
        let pass = PolicyPass(
            configuration: fixture.configuration, team: ThreadTeam(threads: 1), recomputesLayers: recomputesLayers)
        let result = try pass.forward(policy, .sequences(fixture.sequences), keepActivations: true)
        let value = loss(result.logProbabilities)
        let gradient = ParameterArena(layout: fixture.snapshot.layout)
        try pass.backward(policy, dLogProbabilities: value.dLogProbabilities, into: gradient)
        return (value, gradient)
    }

    private func expectEqual(_ gradient: ParameterArena, to golden: ParameterArena, name: String) throws {
        for tensor in gradient.layout.tensors {
            let (ours, theirs) = (gradient.values(tensor), golden.values(tensor))
            if theirs.allSatisfy({ $0 == 0 }) {
                #expect(ours.allSatisfy { $0 == 0 }, "\(tensor.name) must be exactly zero")
                continue
            }
            let error = relativeFrobeniusError(ours, theirs)
            #expect(error < 1e-4, "\(name): \(tensor.name) \(error)")
        }
    }
}
