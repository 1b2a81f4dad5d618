import Objective
import Testing

@Suite struct AdvantageTests {
    @Test func standardisesByThePopulationDeviation() {
        // Rewards 1 1 0 0 0 0 0 1: mean 3/8, variance 15/64.
        let group = GroupAdvantages(rewards: [1, 1, 0, 0, 0, 0, 0, 1], estimator: .standardized())
        let deviation = (15.0 / 64).squareRoot()
        #expect(group.mean == 0.375)
        #expect(abs(group.standardDeviation - deviation) < 1e-15)
        #expect(abs(Double(group.advantages[0]) - 0.625 / (deviation + 1e-6)) < 1e-6)
        #expect(abs(Double(group.advantages[2]) + 0.375 / (deviation + 1e-6)) < 1e-6)
        #expect(group.outcome == .informative)
    }

    @Test func centresAndLeavesOneOut() {
        #expect(GroupAdvantages(rewards: [2, 0, 1], estimator: .centered).advantages == [1, -1, 0])
        // Each reward less the mean of the other two.
        #expect(GroupAdvantages(rewards: [2, 0, 1], estimator: .leaveOneOut).advantages == [1.5, -1.5, 0])
    }

    @Test func theControlLearnsNothingButTrainsTheSameTokens() {
        let control = GroupAdvantages(rewards: [1, 0, nil], estimator: .zero)
        #expect(control.advantages == [0, 0, 0])
        #expect(control.trained == [true, true, false])
        #expect(control.outcome == .informative)
    }

    @Test(arguments: [AdvantageEstimator.standardized(), .centered, .leaveOneOut])
    func unknownRewardsLeaveTheStatistics(_ estimator: AdvantageEstimator) {
        let without = GroupAdvantages(rewards: [1, 0, 0], estimator: estimator)
        let with = GroupAdvantages(rewards: [1, nil, 0, nil, 0], estimator: estimator)
        #expect(with.mean == without.mean)
        #expect(with.standardDeviation == without.standardDeviation)
        #expect([0, 2, 4].map { with.advantages[$0] } == without.advantages)
        #expect(with.trained == [true, false, true, false, true])
        #expect(with.advantages[1] == 0)
        // Scoring the unknown 0 would have given something else.
        #expect(with.advantages[2] != GroupAdvantages(rewards: [1, 0, 0, 0, 0], estimator: estimator).advantages[2])
    }

    @Test(arguments: [AdvantageEstimator.standardized(), .centered, .leaveOneOut])
    func groupsWithNothingToCompareGetZero(_ estimator: AdvantageEstimator) {
        let cases: [([Double?], GroupAdvantages.Outcome)] = [
            ([0.1, 0.1, 0.1], .zeroSpread), ([1, nil, 1], .zeroSpread), ([1, nil], .tooFewKnown),
            ([nil, nil], .tooFewKnown), ([], .tooFewKnown),
        ]
        for (rewards, outcome) in cases {
            let group = GroupAdvantages(rewards: rewards, estimator: estimator)
            #expect(group.outcome == outcome)
            #expect(group.advantages == rewards.map { _ in 0 })
        }
    }

    @Test func overlongPenaltyIsSoft() {
        let penalty = OverlongPenalty(limit: 100, buffer: 20)
        #expect([0, 80, 85, 90, 100, 101, 5000].map(penalty.penalty) == [0, 0, -0.25, -0.5, -1, -1, -1])
        #expect(OverlongPenalty(limit: 100, buffer: 20, maximum: 0.5).penalty(length: 90) == -0.25)
    }

    @Test func onlyGroupsWithSpreadAreInformative() {
        let cases: [([Double?], Bool)] = [
            ([1, 0], true), ([1, 1, 0, nil], true), ([0.5, 0.25], true), ([1, 1], false), ([0, 0, nil], false),
            ([1, nil], false), ([nil, nil], false), ([], false),
        ]
        for (rewards, expected) in cases {
            #expect(DynamicSampling.isInformative(rewards: rewards) == expected, "\(rewards)")
            #expect(
                (GroupAdvantages(rewards: rewards, estimator: .standardized()).outcome == .informative) == expected)
        }
    }
}
