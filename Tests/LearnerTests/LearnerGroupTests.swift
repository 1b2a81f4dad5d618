import Learner
import TestSupport
import Testing
import Wire

/// The life of groups at the learner: leased, submitted, refused, leased again, trained, dropped.
@Suite struct LearnerGroupTests {
    @Test func leasesSayWhatToGenerateAndHowOldItMayBe() throws {
        var learner = try LearnerFixture()
        for version in 1...5 { learner.publish(UInt64(version)) }
        _ = learner.join("w")
        let lease = learner.lease("w")[0]
        #expect(lease.prompt == NumberedPrompts().prompt(0).tokens && lease.promptText == "prompt 0")
        #expect(lease.samples == 2 && lease.maximumTokens == 8 && lease.attempt == 0)
        // Version 5 consumes next, and the bound is 2.
        #expect(lease.minimumVersion == 3)
        #expect(lease.deadlineMilliseconds == 30_000)
    }

    @Test func aSecondCopyIsADuplicateAndCountedOnce() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w")
        let group = LearnerFixture.group(learner.lease("w")[0])
        #expect(learner.submit(group, "w") == .accepted)
        #expect(learner.submit(group, "w") == .duplicate)
        #expect(learner.step() == [group.groupID])
        // Even after it was trained: the worker may have missed both receipts.
        #expect(learner.submit(group, "w") == .duplicate)
        #expect(learner.step().isEmpty)
        #expect(learner.core.refusals == ["duplicate": 2])
        #expect(learner.core.ledger.conservation.trained == 1 && learner.core.ledger.conservation.holds)
    }

    @Test func whoIsTooLateIsToldSo() throws {
        var learner = try LearnerFixture { $0.memberTimeout = .seconds(1_000) }
        _ = learner.join("slow")
        _ = learner.join("fast")
        let late = learner.lease("slow")[0]
        learner.now += .seconds(31)
        _ = learner.core.tick(now: learner.now)
        let again = learner.lease("fast")[0]
        #expect(again.groupID == late.groupID)
        #expect(learner.submit(LearnerFixture.group(late), "slow") == .unknownLease)
        #expect(learner.heartbeat("slow", leases: [late.leaseID])?.expiredLeases == [late.leaseID])
        #expect(learner.submit(LearnerFixture.group(again), "fast") == .accepted)
        #expect(learner.core.refusals == ["unknown_lease": 1])
    }

    @Test func heartbeatsKeepLeases() throws {
        var learner = try LearnerFixture { $0.memberTimeout = .seconds(1_000) }
        _ = learner.join("w")
        let lease = learner.lease("w")[0]
        for _ in 0..<4 {
            learner.now += .seconds(20)
            #expect(learner.heartbeat("w", leases: [lease.leaseID])?.expiredLeases == [])
            #expect(learner.core.tick(now: learner.now).isEmpty)
        }
        #expect(learner.submit(LearnerFixture.group(lease), "w") == .accepted)
    }

    @Test func anotherWorkersLeaseIsNobodysToSubmit() throws {
        var learner = try LearnerFixture()
        _ = learner.join("owner")
        _ = learner.join("thief")
        let lease = learner.lease("owner")[0]
        #expect(learner.submit(LearnerFixture.group(lease), "thief") == .unknownLease)
        #expect(learner.submit(LearnerFixture.group(lease), "owner") == .accepted)
    }

    /// What is wrong with a group, and the word under which it is counted.
    static let damages: [(code: String, damage: @Sendable (inout GroupSubmission) -> Void)] = [
        ("token_out_of_range", { $0.tokens[1] = 131 }),
        (
            "response_count",
            { group in
                group.responses.removeLast()
                group.tokens.removeLast(2)
                group.logProbabilities.removeLast(2)
            }
        ),
        ("sample_out_of_range", { $0.responses[0].sample = 2 }),
        (
            "too_many_tokens",
            { group in
                group.responses[0].tokenCount = 9
                group.responses[0].spans[0].count = 9
                group.tokens += Array(repeating: 5, count: 7)
                group.logProbabilities += Array(repeating: -1, count: 7)
            }
        ),
        ("unknown_version", { $0.responses[0].spans[0].version = 1 }),
        (
            "expert_out_of_range",
            { $0.promptRoutes = RouteTensor(rows: 3, layers: 3, topK: 1, ids: .init(repeating: 6, count: 9)) }
        ),
        (
            "route_rows",
            { $0.promptRoutes = RouteTensor(rows: 2, layers: 3, topK: 1, ids: .init(repeating: 0, count: 6)) }
        ),
        (
            "route_shape",
            { $0.promptRoutes = RouteTensor(rows: 3, layers: 2, topK: 1, ids: .init(repeating: 0, count: 6)) }
        ),
    ]

    @Test(arguments: damages.indices)
    func aGroupThatDoesNotFitIsRefusedCountedAndLeasedAgain(index: Int) throws {
        var learner = try LearnerFixture()
        _ = learner.join("bad")
        _ = learner.join("good")
        let lease = learner.lease("bad")[0]
        var group = LearnerFixture.group(lease)
        let (code, damage) = Self.damages[index]
        damage(&group)
        guard case .rejected(code, let message)? = learner.submit(group, "bad") else {
            Issue.record("it was taken, or refused for another reason than \(code)")
            return
        }
        #expect(!message.isEmpty && learner.core.refusals == [code: 1])
        let again = learner.lease("good")[0]
        #expect(again.groupID == lease.groupID && again.attempt == 1)
        #expect(learner.submit(LearnerFixture.group(again), "good") == .accepted)
        #expect(learner.step() == [lease.groupID] && learner.core.ledger.conservation.holds)
    }

    /// Where batches are functions of their groups, groups damaged on their way are generated again, however often; elsewhere
    /// three failures drop them.
    @Test(arguments: [true, false])
    func damageOnTheWayDecidesNothingInLockstep(isLockstep: Bool) throws {
        var learner = try LearnerFixture { if isLockstep { $0.schedule = .lockstep(lag: 0) } }
        _ = learner.join("w")
        for _ in 0..<3 {
            let lease = try #require(learner.lease("w").first)
            #expect(lease.groupID == 0)
            var group = LearnerFixture.group(lease)
            group.responses.removeLast()
            guard case .rejected? = learner.submit(group, "w") else {
                Issue.record("a group of too few responses was taken")
                return
            }
        }
        let accounts = learner.core.ledger.conservation
        #expect(accounts.dropped == (isLockstep ? [:] : [.failed: 1]) && accounts.holds)
        let next = try #require(learner.lease("w").first)
        #expect((next.groupID == 0) == isLockstep)
    }

    @Test func overAgeGroupsAreDroppedCountedAndTheirPromptsComeAgain() throws {
        var learner = try LearnerFixture { $0.batchGroups = 2 }
        _ = learner.join("w")
        let old = learner.lease("w")[0]
        #expect(learner.submit(LearnerFixture.group(old, version: 0), "w") == .accepted)
        for version in 1...3 { learner.publish(UInt64(version)) }
        let (batch, actions) = learner.core.takeBatch()
        #expect(batch == nil)
        guard case .report(.overAge(let groups))? = actions.last else {
            Issue.record("nothing was said of the over-age group")
            return
        }
        #expect(groups == [old.groupID])
        #expect(learner.core.ledger.conservation.dropped == [.overAge: 1] && learner.core.ledger.conservation.holds)
        let again = learner.lease("w")[0]
        #expect(again.prompt == old.prompt && again.groupID != old.groupID && again.minimumVersion == 1)
    }

    /// One old token among young ones makes the group old: the bound holds per token.
    @Test func theOldestTokenCounts() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w")
        let lease = learner.lease("w")[0]
        for version in 1...3 { learner.publish(UInt64(version)) }
        var group = LearnerFixture.group(lease, version: 3)
        group.responses[1].spans = [0, 3].map { VersionSpan(version: $0, sha256: LearnerFixture.hash($0), count: 1) }
        #expect(learner.submit(group, "w") == .overAge)
        #expect(learner.step().isEmpty)
        #expect(learner.core.ledger.conservation.dropped == [.overAge: 1])
        #expect(learner.lease("w")[0].prompt == lease.prompt)
    }

    @Test func groupsWithoutTwoKnownRewardsAreDroppedNotScoredZero() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w")
        let lease = learner.lease("w")[0]
        #expect(learner.submit(LearnerFixture.group(lease, rewards: [1, nil]), "w") == .accepted)
        #expect(learner.step().isEmpty)
        #expect(learner.core.ledger.conservation.dropped == [.unknownReward: 1])
        #expect(learner.lease("w")[0].prompt == lease.prompt)
    }

    /// A buffer too small for one batch must not stop the run.
    /// Dynamic sampling: a group that teaches nothing is dropped and another prompt's takes its place; without it, it is
    /// trained like any other.
    @Test(arguments: [true, false])
    func groupsWithoutSpreadAreReplacedIfTheRunSaysSo(samplesDynamically: Bool) throws {
        var learner = try LearnerFixture { $0.samplesDynamically = samplesDynamically }
        _ = learner.join("w")
        let lease = learner.lease("w")[0]
        #expect(learner.submit(LearnerFixture.group(lease, rewards: [1, 1]), "w") == .accepted)
        let accounts = learner.core.ledger.conservation
        #expect(accounts.holds && accounts.dropped == (samplesDynamically ? [.uninformative: 1] : [:]))
        #expect(accounts.buffered == (samplesDynamically ? 0 : 1))
        #expect(learner.step().isEmpty == samplesDynamically)
        let next = try #require(learner.lease("w").first)
        #expect(next.prompt != lease.prompt && next.groupID != lease.groupID)
    }

    @Test func aBufferSmallerThanABatchStillLeasesTheBatch() throws {
        var learner = try LearnerFixture {
            $0.bufferBytes = 40
            $0.batchGroups = 3
            $0.schedule = .bounded(maximumStaleness: 2, outstandingGroups: 6)
        }
        _ = learner.join("w")
        for _ in 0..<3 {
            let leases = learner.lease("w", credits: 1)
            #expect(leases.count == 1)
            for lease in leases { #expect(learner.submit(LearnerFixture.group(lease), "w") == .accepted) }
        }
        #expect(learner.lease("w", credits: 1).isEmpty)
        #expect(learner.step().count == 3)
    }

    @Test func aFullBufferLeasesNothingUntilABatchIsTrained() throws {
        var learner = try LearnerFixture { $0.bufferBytes = 40 }
        _ = learner.join("w")
        let first = learner.lease("w", credits: 1)[0]
        // 3 prompt tokens and 4 response tokens: 44 bytes.
        #expect(learner.submit(LearnerFixture.group(first), "w") == .accepted)
        #expect(learner.lease("w", credits: 4).isEmpty)
        #expect(learner.step() == [first.groupID])
        #expect(!learner.lease("w", credits: 4).isEmpty)
    }

    @Test func returnedLeasesGoToTheNextWhoAsks() throws {
        var learner = try LearnerFixture()
        _ = learner.join("a")
        _ = learner.join("b")
        let held = learner.lease("a", credits: 3)
        _ = learner.say(.leaseReturn(LeaseReturn(leaseIDs: [held[1].leaseID, 999], reason: "worker leaves")), "a")
        #expect(learner.lease("b", credits: 1).map(\.groupID) == [held[1].groupID])
        #expect(learner.submit(LearnerFixture.group(held[0]), "a") == .accepted)
    }

    @Test func theEndLeasesNothingMoreAndAsksEverybodyToLeave() throws {
        var learner = try LearnerFixture {
            $0.batchGroups = 2
            $0.schedule = .bounded(maximumStaleness: 2, outstandingGroups: 4)
        }
        _ = learner.join("w")
        let leases = learner.lease("w", credits: 3)
        #expect(learner.submit(LearnerFixture.group(leases[0]), "w") == .accepted)
        learner.core.stop()
        let accounts = learner.core.ledger.conservation
        #expect(accounts.holds && accounts.inFlight == 2 && accounts.buffered == 1)
        #expect(learner.heartbeat("w", leases: [leases[1].leaseID])?.stopRequested == true)
        #expect(learner.lease("w").isEmpty)
        // What is finished meanwhile is taken: a later life of the run trains on it.
        #expect(learner.submit(LearnerFixture.group(leases[1]), "w") == .accepted)
        #expect(learner.step().isEmpty)
    }
}
