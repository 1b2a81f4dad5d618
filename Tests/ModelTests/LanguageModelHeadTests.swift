import CKernels
import Model
import ModelTestSupport
import Tensor
import Testing

/// A learner's pass, which never has all logits of a row together, says of its rows what sampling says of their logits.
@Suite struct LanguageModelHeadTests {
    @Test(arguments: RandomModel.configurations.indices, [ProductArithmetic.fp32, .bf16])
    func blocksOfLogitsSumUpToTheSampledDistribution(_ index: Int, _ arithmetic: ProductArithmetic) throws {
        let configuration = RandomModel.configurations[index]
        let policy = LoadedPolicy(
            snapshot: RandomModel.snapshot(configuration, seed: 5), configuration: configuration,
            arithmetic: arithmetic)
        let tokens = (0..<40).map { Int32($0 * 31 % configuration.vocabularySize) }
        let team = ThreadTeam(threads: 2)
        let pass = PolicyPass(configuration: configuration, team: team)
        let result = try pass.forward(policy, .sequences([tokens]), temperature: 0.8)

        let head = LanguageModelHead(configuration: configuration, team: team)
        var plan = RowPlan()
        let table = plan.addTable([0, 1, 2])
        for (position, token) in tokens.enumerated() { plan.addRow(token: token, position: position, table: table) }
        var routes: RoutingTable?
        let pool = KeyValuePool(configuration: configuration, layers: 1, blocks: 3)
        let forward = RowForward(configuration: configuration, team: team)
        let stream = forward.run(policy, plan, pool: pool, routes: &routes)
        let vocabulary = configuration.vocabularySize
        defer { withExtendedLifetime(forward) {} }
        for row in 0..<tokens.count - 1 {
            let (sum, entropy, logit) = [Int32(row)].withUnsafeBufferPointer { rows in
                let logits = head.project(policy, stream: stream, rows: rows).logits
                var (sum, entropy) = (Float.nan, Float.nan)
                apus_log_sum_exp(1, vocabulary, logits, vocabulary, 1 / 0.8, &sum, &entropy)
                return (sum, entropy, logits[Int(tokens[row + 1])])
            }
            let expected = LanguageModelHead.logProbability(
                logit: logit, inverseTemperature: 1 / 0.8, logSumExp: sum)
            #expect(result.logProbabilities[row].bitPattern == expected.bitPattern)
            #expect(result.entropies[row].bitPattern == entropy.bitPattern)
        }
    }
}
