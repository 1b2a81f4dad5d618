import Learner
import TestSupport
import Testing
import Wire

/// The lockstep schedule: which groups a batch holds, and which version generates them, depends on nothing but the groups.
@Suite struct LockstepTests {
    static let start = ContinuousClock.now
    let worker = WorkerIdentity(id: "worker-1", incarnation: 1)

    func makeLedger(lag: UInt64, batchGroups: Int = 3) -> Ledger {
        Ledger(
            limits: .init(
                schedule: .lockstep(lag: lag), batchGroups: batchGroups, leaseDuration: .seconds(10)))
    }

    @Test(arguments: [0, 1, 2, 5] as [UInt64])
    func everyBatchIsGeneratedByTheVersionThatTheLagNames(lag: UInt64) {
        var ledger = makeLedger(lag: lag)
        for version in 0..<8 as Range<UInt64> {
            let leases = ledger.grant(to: worker, credits: 100, now: Self.start)
            // At first the batches 0 to lag are open, then one more with each version.
            #expect(leases.count == (version == 0 ? Int(lag + 1) * 3 : 3))
            for lease in leases {
                let batch = lease.groupID / 3
                #expect(lease.exactVersion == (batch < lag ? 0 : batch - lag))
                #expect(
                    ledger.submit(
                        leaseID: lease.leaseID, groupID: lease.groupID, by: worker,
                        oldestVersion: lease.exactVersion ?? 99) == .accept)
            }
            #expect(ledger.formBatch().decision == .ready(groups: [version * 3, version * 3 + 1, version * 3 + 2]))
            ledger.trained([version * 3, version * 3 + 1, version * 3 + 2])
            ledger.advance(to: version + 1)
        }
    }

    @Test func groupsOfALaterBatchDoNotFillAnEarlierOne() {
        var ledger = makeLedger(lag: 1)
        let leases = ledger.grant(to: worker, credits: 6, now: Self.start)
        for lease in leases.dropFirst() {
            _ = ledger.submit(leaseID: lease.leaseID, groupID: lease.groupID, by: worker, oldestVersion: 0)
        }
        #expect(ledger.formBatch().decision == .waiting(missing: 1))
        _ = ledger.submit(leaseID: leases[0].leaseID, groupID: 0, by: worker, oldestVersion: 0)
        #expect(ledger.formBatch().decision == .ready(groups: [0, 1, 2]))
    }

    @Test func whatComesBackGoesToTheEarliestBatchFirst() {
        var ledger = makeLedger(lag: 1)
        let leases = ledger.grant(to: worker, credits: 6, now: Self.start)
        _ = ledger.giveBack([leases[4].leaseID, leases[1].leaseID], by: worker)
        #expect(ledger.grant(to: worker, credits: 2, now: Self.start).map(\.groupID) == [1, 4])
    }

    @Test func aFullBufferLeasesOnlyWhatTheNextBatchNeeds() {
        var ledger = makeLedger(lag: 2)
        #expect(
            ledger.grant(to: worker, credits: 9, onlyForNextBatch: true, now: Self.start).map(\.groupID) == [0, 1, 2])
        #expect(ledger.grant(to: worker, credits: 9, onlyForNextBatch: true, now: Self.start).isEmpty)
    }

    /// Candidates are unusable by their nature, and come back in random order, some after their worker was lost: the batches
    /// are always the same groups.
    @Test func batchesAreAFunctionOfTheGroupsAlone() {
        func run(seed: UInt64) -> [[UInt64]] {
            var random = SplitMix64(seed: seed)
            var ledger = makeLedger(lag: 2, batchGroups: 4)
            var held: [GrantedLease] = []
            var batches: [[UInt64]] = []
            while batches.count < 20 {
                held += ledger.grant(to: worker, credits: Int(random.next() % 7), now: Self.start)
                if !held.isEmpty {
                    let lease = held.remove(at: Int(random.next() % UInt64(held.count)))
                    if random.next() % 5 == 0 {
                        _ = ledger.giveBack([lease.leaseID], by: worker)
                    } else {
                        _ = ledger.submit(
                            leaseID: lease.leaseID, groupID: lease.groupID, by: worker,
                            oldestVersion: lease.exactVersion ?? 0)
                        // Two groups in seven are unusable, replacements too.
                        if SplitMix64.first(of: lease.groupID) % 7 < 2 {
                            ledger.drop(lease.groupID, reason: .uninformative)
                        }
                    }
                }
                if case .ready(let groups) = ledger.formBatch().decision {
                    batches.append(groups)
                    ledger.trained(groups)
                    ledger.advance(to: UInt64(batches.count))
                }
                #expect(ledger.conservation.holds)
            }
            return batches
        }
        let first = run(seed: 1)
        #expect(first.allSatisfy { $0.count == 4 } && Set(first.flatMap(\.self)).count == 80)
        for seed in 2...6 as ClosedRange<UInt64> { #expect(run(seed: seed) == first) }
    }

    @Test func tokensOfAnotherVersionAreRefused() throws {
        var learner = try LearnerFixture { $0.schedule = .lockstep(lag: 1) }
        _ = learner.join("w")
        let first = learner.lease("w", credits: 2)
        #expect(first.map(\.exactVersion) == [0, 0] && first.map(\.minimumVersion) == [0, 0])
        #expect(learner.submit(LearnerFixture.group(first[0]), "w") == .accepted)
        #expect(learner.step() == [0])
        let second = learner.lease("w", credits: 2)
        #expect(second.map(\.exactVersion) == [1])
        guard case .rejected("wrong_version", _)? = learner.submit(LearnerFixture.group(second[0]), "w") else {
            Issue.record("tokens of version 0 were taken for a lease of version 1")
            return
        }
        let again = learner.lease("w")[0]
        #expect(again.groupID == second[0].groupID && again.exactVersion == 1)
        #expect(learner.submit(LearnerFixture.group(again, version: 1), "w") == .accepted)
    }

    /// A worker can fetch what its leases name, and a broadcaster that joins late gets it, too.
    @Test func theVersionsThatLeasesNameAreDescribedAndServed() throws {
        var learner = try LearnerFixture {
            $0.schedule = .lockstep(lag: 2)
            $0.versionsServed = 3
        }
        _ = learner.join("w")
        for step in 0..<4 {
            for lease in learner.lease("w", credits: 8) {
                let group = LearnerFixture.group(lease, version: lease.exactVersion ?? 0)
                #expect(learner.submit(group, "w") == .accepted)
            }
            #expect(learner.step() == [UInt64(step)])
        }
        let grant = learner.say(.leaseRequest(LeaseRequest(credits: 8, versionInUse: 4)), "w")
        guard case .leaseGrant(let grant)? = grant else {
            Issue.record("no grant")
            return
        }
        #expect(grant.leases.map(\.exactVersion) == [4] && grant.versions.map(\.number) == [4])
        #expect(learner.publicationsToANewBroadcaster("b") == [2, 3, 4])
    }
}

extension SplitMix64 {
    /// A number that depends on `seed` alone.
    static func first(of seed: UInt64) -> UInt64 {
        var generator = SplitMix64(seed: seed)
        return generator.next()
    }
}
