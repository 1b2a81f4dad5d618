import Objective
import Testing

@Suite struct ObjectiveNameTests {
    @Test(arguments: ObjectiveName.allCases)
    func namesAndPublishedDefaultsAgree(_ name: ObjectiveName) throws {
        let made = try name.make(generationBudget: 64)
        #expect(made.name == name.rawValue)
        #expect(made.correctsForSampler == [.miniRL, .decoupledPPO].contains(name))
        let expected: [ObjectiveName: Aggregation] = [
            .gspo: .sequenceMean, .gspoToken: .sequenceMean, .grpo: .sequenceMean, .drGRPO: .constant(64),
            .dapo: .tokenMean, .cispo: .tokenMean, .sapo: .sequenceMean, .gmpo: .sequenceMean, .miniRL: .constant(1),
            .reinforce: .constant(1), .decoupledPPO: .tokenMean,
        ]
        #expect(made.aggregation == expected[name])
    }

    @Test func givenValuesReplaceDefaults() throws {
        let gspo = try #require(
            try ObjectiveName.gspo.make(clipHigh: 0.1, generationBudget: 1) as? GSPO)
        #expect(gspo.clip == ClipRange(low: 3e-4, high: 0.1))
        let cispo = try #require(
            try ObjectiveName.cispo.make(clipHigh: 2, aggregation: .sequenceMean, generationBudget: 1) as? CISPO)
        #expect(cispo.maximumWeight == 3 && cispo.aggregation == .sequenceMean)
    }

    @Test func whatAnObjectiveHasNoUseForIsRefused() {
        #expect(throws: ObjectiveError.self) { try ObjectiveName.sapo.make(clipLow: 0.1, generationBudget: 1) }
        #expect(throws: ObjectiveError.self) { try ObjectiveName.cispo.make(clipLow: 0.1, generationBudget: 1) }
        #expect(throws: ObjectiveError.self) { try ObjectiveName.reinforce.make(clipHigh: 1, generationBudget: 1) }
        #expect(throws: ObjectiveError.self) {
            try ObjectiveName.gspo.make(aggregation: .tokenMean, generationBudget: 1)
        }
    }
}
