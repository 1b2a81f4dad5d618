import Learner
import TestSupport
import Testing

/// Promise 1 (conservation) and the lease life cycle, without sockets.
@Suite struct LedgerTests {
    static let start = ContinuousClock.now
    let first = WorkerIdentity(id: "worker-1", incarnation: 1)
    let second = WorkerIdentity(id: "worker-2", incarnation: 1)

    func makeLedger(outstanding: Int = 8, batchGroups: Int = 1) -> Ledger {
        Ledger(
            limits: .init(
                schedule: .bounded(maximumStaleness: 4, outstandingGroups: outstanding), batchGroups: batchGroups,
                leaseDuration: .seconds(10)))
    }

    @Test func outstandingGroupsAreBounded() {
        var ledger = makeLedger(outstanding: 3)
        #expect(ledger.grant(to: first, credits: 10, now: Self.start).map(\.promptIndex) == [0, 1, 2])
        #expect(ledger.grant(to: second, credits: 1, now: Self.start).isEmpty)
    }

    @Test func expiredLeaseIsGrantedAgainAndItsOldHolderIsTooLate() {
        var ledger = makeLedger()
        let lease = ledger.grant(to: first, credits: 1, now: Self.start)[0]
        #expect(ledger.expire(now: Self.start + .seconds(9)).isEmpty)
        #expect(ledger.expire(now: Self.start + .seconds(10)) == [lease.groupID])
        let again = ledger.grant(to: second, credits: 1, now: Self.start + .seconds(10))[0]
        #expect(again.groupID == lease.groupID && again.promptIndex == lease.promptIndex && again.attempt == 1)
        #expect(
            ledger.submit(leaseID: lease.leaseID, groupID: lease.groupID, by: first, oldestVersion: 0) == .unknownLease)
        #expect(ledger.submit(leaseID: again.leaseID, groupID: again.groupID, by: second, oldestVersion: 0) == .accept)
        #expect(
            ledger.submit(leaseID: again.leaseID, groupID: again.groupID, by: second, oldestVersion: 0) == .duplicate)
        #expect(ledger.conservation.buffered == 1 && ledger.conservation.inFlight == 0)
    }

    @Test func renewalKeepsALeaseAndNamesLostOnes() {
        var ledger = makeLedger()
        let lease = ledger.grant(to: first, credits: 1, now: Self.start)[0]
        #expect(ledger.renew([lease.leaseID, 999], by: first, now: Self.start + .seconds(8)) == [999])
        #expect(ledger.expire(now: Self.start + .seconds(12)).isEmpty)
        #expect(ledger.renew([lease.leaseID], by: second, now: Self.start) == [lease.leaseID])
    }

    @Test func aRestartedWorkerIsAnotherHolder() {
        var ledger = makeLedger()
        let lease = ledger.grant(to: first, credits: 1, now: Self.start)[0]
        let reborn = WorkerIdentity(id: first.id, incarnation: 2)
        #expect(
            ledger.submit(leaseID: lease.leaseID, groupID: lease.groupID, by: reborn, oldestVersion: 0) == .unknownLease
        )
        #expect(ledger.release(first) == [lease.groupID])
    }

    @Test func overAgeGroupsAreDroppedCountedAndTheirPromptsIssuedAgain() {
        var ledger = makeLedger()
        let leases = ledger.grant(to: first, credits: 2, now: Self.start)
        for (lease, version) in zip(leases, [UInt64(3), 6]) {
            #expect(
                ledger.submit(leaseID: lease.leaseID, groupID: lease.groupID, by: first, oldestVersion: version)
                    == .accept)
        }
        ledger.advance(to: 8)
        let formed = ledger.formBatch()
        #expect(formed.overAge == [leases[0].groupID])
        #expect(formed.decision == .ready(groups: [leases[1].groupID]))
        ledger.trained([leases[1].groupID])
        #expect(ledger.conservation.dropped == [.overAge: 1])
        let next = ledger.grant(to: first, credits: 1, now: Self.start)[0]
        #expect(next.promptIndex == leases[0].promptIndex && next.groupID != leases[0].groupID)
    }

    @Test func stalenessBoundIsInclusive() {
        var ledger = makeLedger()
        let lease = ledger.grant(to: first, credits: 1, now: Self.start)[0]
        _ = ledger.submit(leaseID: lease.leaseID, groupID: lease.groupID, by: first, oldestVersion: 4)
        ledger.advance(to: 8)
        #expect(ledger.formBatch().decision == .ready(groups: [lease.groupID]))
        ledger.advance(to: 9)
        #expect(ledger.formBatch().decision == .waiting(missing: 1))
    }

    /// What several workers could not generate is given up, and the run goes on with another prompt.
    @Test func aGroupThatKeepsFailingIsDropped() {
        var ledger = makeLedger(outstanding: 1)
        for attempt in 0..<3 {
            let lease = ledger.grant(to: first, credits: 1, now: Self.start)[0]
            #expect(lease.groupID == 0 && lease.attempt == attempt)
            #expect(ledger.giveBack([lease.leaseID], by: first, failed: true) == [0])
        }
        #expect(ledger.conservation.dropped == [.failed: 1] && ledger.conservation.holds)
        #expect(ledger.grant(to: first, credits: 1, now: Self.start).map(\.promptIndex) == [1])
    }

    /// Leases that merely end are no failures, however many.
    @Test func aGroupThatManyWorkersLoseStays() {
        var ledger = makeLedger(outstanding: 1)
        for _ in 0..<20 {
            let lease = ledger.grant(to: first, credits: 1, now: Self.start)[0]
            #expect(ledger.giveBack([lease.leaseID], by: first) == [0])
            _ = ledger.grant(to: first, credits: 1, now: Self.start)
            #expect(ledger.release(first) == [0])
        }
        #expect(ledger.conservation.dropped.isEmpty)
    }

    /// A prompt whose groups come to nothing again and again is not issued for ever.
    @Test func aPromptIsIssuedABoundedNumberOfTimes() {
        var ledger = makeLedger(outstanding: 1)
        for issue in 0..<8 {
            let lease = ledger.grant(to: first, credits: 1, now: Self.start)[0]
            #expect(lease.promptIndex == 0 && lease.groupID == issue)
            ledger.drop(lease.groupID, reason: .unknownReward)
        }
        #expect(ledger.grant(to: first, credits: 1, now: Self.start).map(\.promptIndex) == [1])
    }

    /// Thousands of random operations: the accounts hold after each, no group is trained twice, and none disappears.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func accountsHoldUnderRandomOperations(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var ledger = makeLedger(outstanding: 24, batchGroups: 4)
        let workers = (1...4).map { WorkerIdentity(id: "worker-\($0)", incarnation: UInt64($0)) }
        var held: [(lease: GrantedLease, worker: WorkerIdentity)] = []
        var trained: Set<UInt64> = []
        var now = Self.start
        var version: UInt64 = 0
        for _ in 0..<4_000 {
            let worker = workers[Int(random.next() % 4)]
            switch random.next() % 16 {
            case 0...3:
                let credits = Int(random.next() % 5)
                held += ledger.grant(to: worker, credits: credits, now: now).map { ($0, worker) }
            case 4...10:
                guard !held.isEmpty else { continue }
                let index = held.count - 1 - Int(random.next() % UInt64(min(held.count, 24)))
                let (lease, holder) = random.next() % 5 == 0 ? held[index] : held.remove(at: index)
                let oldest = version - min(version, random.next() % 7)
                _ = ledger.submit(leaseID: lease.leaseID, groupID: lease.groupID, by: holder, oldestVersion: oldest)
            case 11:
                now += .seconds(Int64(random.next() % 6))
                _ = ledger.expire(now: now)
            case 12:
                _ = ledger.release(worker)
            default:
                let formed = ledger.formBatch()
                if case .ready(let groups) = formed.decision {
                    #expect(trained.isDisjoint(with: groups))
                    trained.formUnion(groups)
                    ledger.trained(groups)
                    version += 1
                    ledger.advance(to: version)
                }
            }
            #expect(ledger.conservation.holds)
        }
        #expect(ledger.conservation.trained == UInt64(trained.count) && trained.count > 100)
        ledger.close()
        #expect(ledger.conservation.holds)
        #expect(ledger.grant(to: first, credits: 5, now: now).isEmpty)
    }
}
