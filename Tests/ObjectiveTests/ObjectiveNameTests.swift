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
        let gspo = try #require(try make(.gspo) { $0.clipHigh = 0.1 } as? GSPO)
        #expect(gspo.clip == ClipRange(low: 3e-4, high: 0.1))
        let cispo = try #require(
            try make(.cispo) {
                $0.clipHigh = 2
                $0.aggregation = .sequenceMean
            } as? CISPO)
        #expect(cispo.maximumWeight == 3 && cispo.aggregation == .sequenceMean)
        let decoupled = try make(.decoupledPPO) { $0.proximalPolicy = .logLinear }
        #expect(decoupled.proximalPolicy == .logLinear)
    }

    @Test func constantsAreTheOwnTheGivenOrTheBudget() throws {
        #expect(try make(.grpo) { $0.aggregation = .constant }.aggregation == .constant(64))
        #expect(try make(.miniRL) { $0.aggregation = .constant }.aggregation == .constant(1))
        #expect(try make(.drGRPO) { $0.aggregationLength = 7 }.aggregation == .constant(7))
        #expect(throws: ObjectiveError.lengthWithoutConstant) { try make(.grpo) { $0.aggregationLength = 7 } }
    }

    /// Whatever an objective does not list is refused, naming the setting, and whatever it lists changes it.
    @Test(arguments: ObjectiveName.allCases)
    func whatAnObjectiveHasNoUseForIsRefused(_ name: ObjectiveName) throws {
        let defaults = try make(name) { _ in }
        let settings: [(ObjectiveOptions.Name, (inout ObjectiveOptions) -> Void)] = [
            (.clipLow, { $0.clipLow = 0.123 }), (.clipHigh, { $0.clipHigh = 0.123 }),
            (.maximumWeight, { $0.maximumWeight = 1.5 }), (.positiveTemperature, { $0.positiveTemperature = 3 }),
            (.negativeTemperature, { $0.negativeTemperature = 3 }),
            (.proximalPolicy, { $0.proximalPolicy = .logLinear }),
        ]
        for (option, set) in settings {
            if defaults.options.contains(option) {
                #expect(try make(name, set).parameters != defaults.parameters, "\(option)")
            } else {
                #expect(throws: ObjectiveError.notApplicable(option: option, objective: name)) { try make(name, set) }
            }
        }
        let perSequence: Set<ObjectiveName> = [.gspo, .gmpo]
        if perSequence.contains(name) {
            #expect(throws: ObjectiveError.perSequence(objective: name)) {
                try make(name) { $0.aggregation = .tokenMean }
            }
            #expect(try make(name) { $0.aggregation = .sequenceMean }.aggregation == .sequenceMean)
        } else {
            #expect(try make(name) { $0.aggregation = .tokenMean }.aggregation == .tokenMean)
        }
    }

    @Test func errorsNameTheSettingAndTheWayOut() {
        let error = ObjectiveError.notApplicable(option: .clipLow, objective: .cispo)
        #expect(error.description.contains("objective.clip_low") && error.description.contains("cispo"))
    }

    private func make(
        _ name: ObjectiveName, _ set: (inout ObjectiveOptions) -> Void
    ) throws(ObjectiveError) -> any PolicyObjective {
        var options = ObjectiveOptions()
        set(&options)
        return try name.make(options, generationBudget: 64)
    }
}
