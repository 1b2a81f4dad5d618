import Model
import ModelTestSupport
import Tensor
import TestSupport
import Testing

/// The eight-bit forward: near the exact one, not equal to it, on every golden model.
@Suite struct QuantisedForwardTests {
    /// The weights are random, so that log-probabilities spread over several nats and rounding is felt more than in a trained
    /// policy: what it does is a small part of that spread.
    @Test(arguments: ["qwen2_dense", "qwen3_dense", "llama_dense", "qwen2_moe", "qwen3_moe"])
    func logProbabilitiesStayWithinTolerance(_ name: String) throws {
        let fixture = try ModelFixture(name)
        let configuration = fixture.configuration
        let groups = RandomModel.groups(configuration, seed: 3, count: 6)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        let exact = try pass.forward(
            LoadedPolicy(snapshot: fixture.snapshot, configuration: configuration), .groups(groups))
        // The exact experts: a router that chooses another one is no rounding error.
        let replay = configuration.experts == nil ? nil : exact.routes
        let rounded = try pass.forward(
            LoadedPolicy(snapshot: fixture.snapshot, configuration: configuration, precision: .int8), .groups(groups),
            replay: replay)
        let gaps = zip(exact.logProbabilities, rounded.logProbabilities).map { Double($0) - Double($1) }
        let share = deviation(gaps) / deviation(exact.logProbabilities.map(Double.init))
        #expect(share > 1e-4 && share < 0.1, "\(share) of the spread")
    }

    private func deviation(_ values: [Double]) -> Double {
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }
}
