import Foundation
import Model
import ModelTestSupport
import Objective
import Tensor
import Testing

/// The gradients of losses that contain more than log-probabilities: entropies (through every logit) and router
/// probabilities. Against PyTorch (Tests/Fixtures/loss_terms), and against a difference quotient with experts replayed.
@Suite struct LossTermTests {
    private struct Golden: Decodable {
        let temperature: Float
        let entropy: Double
        let balance: Double
    }

    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/loss_terms").path

    private let fixture: ModelFixture
    private let golden: Golden
    private let gradients: SafetensorsFile

    init() throws {
        fixture = try ModelFixture("qwen3_moe")
        golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: URL(filePath: Self.directory + "/golden.json")))
        gradients = try SafetensorsFile(path: Self.directory + "/gradients.safetensors")
    }

    /// Runs the fixture and differentiates what `terms` makes of it.
    private func differentiate(
        recomputesLayers: Bool, _ terms: (PolicyPass.Result) -> LossDerivatives
    ) throws -> (result: PolicyPass.Result, report: RouterReport, gradient: ParameterArena) {
        let policy = LoadedPolicy(
            snapshot: fixture.snapshot, configuration: fixture.configuration, forTraining: true)
        let pass = PolicyPass(
            configuration: fixture.configuration, team: ThreadTeam(threads: 1), recomputesLayers: recomputesLayers)
        let result = try pass.forward(
            policy, .sequences(fixture.sequences), keepActivations: true, temperature: golden.temperature)
        let gradient = ParameterArena(layout: policy.layout)
        let report = try pass.backward(policy, terms(result), into: gradient)
        return (result, report, gradient)
    }

    private func expectGolden(_ gradient: ParameterArena, term: String) throws {
        var compared = 0
        for tensor in gradient.layout.tensors {
            guard let stored = gradients["\(term)/\(tensor.name)"] else { continue }
            var expected = [Float](repeating: 0, count: tensor.count)
            try expected.withUnsafeMutableBytes { try gradients.load(stored, as: .fp32, to: $0) }
            let error = relativeFrobeniusError(gradient.values(tensor), expected)
            #expect(error < 1e-5, "\(tensor.name) \(error)")
            compared += 1
        }
        #expect(compared >= 4)
    }

    @Test(arguments: [false, true])
    func entropyAgreesWithPyTorch(recomputesLayers: Bool) throws {
        let (result, report, gradient) = try differentiate(recomputesLayers: recomputesLayers) { result in
            let count = result.entropies.count
            return LossDerivatives(
                logProbabilities: Array(repeating: 0, count: count),
                entropies: Array(repeating: -1 / Float(count), count: count))
        }
        let loss = -result.entropies.reduce(0) { $0 + Double($1) } / Double(result.entropies.count)
        #expect(abs(loss - golden.entropy) < 1e-5 && report.balanceLoss == 0)
        try expectGolden(gradient, term: "entropy")
    }

    @Test(arguments: [false, true])
    func loadBalanceAgreesWithPyTorch(recomputesLayers: Bool) throws {
        let (_, report, gradient) = try differentiate(recomputesLayers: recomputesLayers) { result in
            let load = ExpertLoad(
                result.routes.ids, layers: result.routes.layers, topK: result.routes.topK,
                experts: fixture.configuration.experts?.count ?? 0)
            return LossDerivatives(
                logProbabilities: Array(repeating: 0, count: result.logProbabilities.count),
                expertProbabilities: load.balanceDerivatives(coefficient: 1))
        }
        #expect(abs(report.balanceLoss - golden.balance) < 1e-5)
        #expect(report.ownRoutes == nil)
        try expectGolden(gradient, term: "balance")
        #expect(gradient.values(gradient.layout.languageModelHead).allSatisfy { $0 == 0 })
    }

    /// Several predictions of one row (the first tokens of a group's responses) share its entropy.
    @Test func predictionsOfOneRowAddTheirEntropies() throws {
        let configuration = RandomModel.configurations[0]
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 3), configuration: configuration, forTraining: true)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        func gradient(_ batch: PackedBatch, _ entropies: [Float]) throws -> [Float] {
            _ = try pass.forward(policy, batch, keepActivations: true)
            let gradient = ParameterArena(layout: policy.layout)
            let none = [Float](repeating: 0, count: entropies.count)
            _ = try pass.backward(
                policy, LossDerivatives(logProbabilities: none, entropies: entropies), into: gradient)
            return gradient.buffer.values
        }
        let prompt: [Int32] = [1, 2, 3]
        let three = try gradient(.groups([(prompt: prompt, responses: [[4], [5], [6]])]), [0.5, 0.25, -2])
        let one = try gradient(.groups([(prompt: prompt, responses: [[4]])]), [-1.25])
        #expect(relativeFrobeniusError(three, one) < 1e-6 && one.contains { $0 != 0 })
    }

    /// With experts replayed that the routers would not choose, at a temperature, with every term at once, and with layers
    /// computed again in the backward: the slope along a random direction, and what the routers say of themselves.
    @Test(arguments: [2, 3, 4], [false, true])
    func slopeOfAllTermsUnderReplay(_ index: Int, recomputesLayers: Bool) throws {
        let configuration = RandomModel.configurations[index]
        let slope = try ReplayedSlope(configuration, recomputesLayers: recomputesLayers)
        #expect(
            abs(slope.analytic - slope.quotient) < 0.02 * abs(slope.quotient) + 0.05,
            "\(slope.analytic) against \(slope.quotient)")
        #expect(slope.usedRoutes == slope.replayed)
        // The first sparse layer sees what it would have seen without replay, so its own choice is the native one.
        let own = try #require(slope.ownRoutes)
        #expect((0..<own.rows).allSatisfy { own[$0, 0] == slope.nativeRoutes[$0, 0] })
    }
}

/// Gradient and difference quotient of one loss of log-probabilities, entropies and router probabilities.
private struct ReplayedSlope {
    let analytic: Double
    let quotient: Double
    let replayed: RoutingTable
    let usedRoutes: RoutingTable
    let ownRoutes: RoutingTable?
    let nativeRoutes: RoutingTable

    init(_ configuration: ModelConfiguration, recomputesLayers: Bool) throws {
        let snapshot = RandomModel.snapshot(configuration, seed: 61)
        let direction = RandomModel.snapshot(configuration, seed: 62)
        let batch = PackedBatch.groups(RandomModel.groups(configuration, seed: 8))
        let weights = RowInvarianceTests.weights(batch.predictions.count)
        let replay = try ReplayedSlope.shifted(configuration, rows: batch.rowCount)
        let load = ExpertLoad(
            replay.ids, layers: replay.layers, topK: replay.topK, experts: configuration.experts?.count ?? 0)
        let derivatives = LossDerivatives(
            logProbabilities: weights, entropies: weights.map { 0.5 - $0 },
            expertProbabilities: load.balanceDerivatives(coefficient: 40))
        let pass = PolicyPass(
            configuration: configuration, team: ThreadTeam(threads: 1), recomputesLayers: recomputesLayers)

        func policy(_ distance: Float) -> LoadedPolicy {
            LoadedPolicy(
                snapshot: snapshot.moved(by: distance, along: direction), configuration: configuration,
                forTraining: true)
        }
        func evaluate(_ distance: Float) throws -> (
            loss: Double, result: PolicyPass.Result, report: RouterReport, gradient: ParameterArena
        ) {
            let policy = policy(distance)
            let result = try pass.forward(policy, batch, replay: replay, keepActivations: true, temperature: 1.7)
            let gradient = ParameterArena(layout: snapshot.layout)
            let report = try pass.backward(policy, derivatives, into: gradient)
            let terms = zip(
                result.logProbabilities + result.entropies, derivatives.logProbabilities + derivatives.entropies)
            return (
                terms.reduce(report.balanceLoss) { $0 + Double($1.0) * Double($1.1) }, result, report, gradient
            )
        }
        let middle = try evaluate(0)
        let step: Float = 2e-4
        analytic = zip(middle.gradient.buffer.values, ParameterArena(direction).buffer.values).reduce(0) {
            $0 + Double($1.0) * Double($1.1)
        }
        quotient = (try evaluate(step).loss - evaluate(-step).loss) / Double(2 * step)
        replayed = replay
        usedRoutes = middle.result.routes
        ownRoutes = middle.report.ownRoutes
        nativeRoutes = try pass.forward(policy(0), batch, temperature: 1.7).routes
    }

    /// Distinct experts, ascending, that follow no router.
    static func shifted(_ configuration: ModelConfiguration, rows: Int) throws -> RoutingTable {
        let layers = configuration.sparseLayers.count
        let (count, topK) = (configuration.experts?.count ?? 0, configuration.experts?.topK ?? 0)
        let ids = (0..<rows * layers).flatMap { choice in
            (0..<topK).map { Int16((choice * 7 + $0) % count) }.sorted()
        }
        return try RoutingTable(rows: rows, layers: layers, topK: topK, ids: ids)
    }
}
