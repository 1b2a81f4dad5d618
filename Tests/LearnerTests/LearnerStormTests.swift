import Learner
import TestSupport
import Testing
import Wire

/// Promise 1 under everything that workers can do at once: join, die, come back, be late, repeat themselves, send nonsense.
@Suite struct LearnerStormTests {
    /// A worker of the storm: one id, ever new lives and connections.
    struct Worker {
        let id: String
        var incarnation: UInt64 = 0
        var peer = ""
        var held: [Lease] = []
        /// What it sent before, to be sent again.
        var sent: [GroupSubmission] = []
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func nothingIsLostAndNothingTrainedTwice(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var learner = try LearnerFixture {
            $0.batchGroups = 3
            $0.schedule = .bounded(maximumStaleness: 3, outstandingGroups: 12)
        }
        var workers = (0..<4).map { Worker(id: "worker-\($0)") }
        var trained: Set<UInt64> = []
        for round in 0..<6_000 {
            let index = Int(random.next() % 4)
            act(&workers[index], &learner, &random, round)
            if random.next() % 3 == 0 {
                let groups = learner.step()
                #expect(trained.isDisjoint(with: groups))
                trained.formUnion(groups)
            }
            #expect(learner.core.ledger.conservation.holds)
        }
        let accounts = learner.core.ledger.conservation
        #expect(accounts.trained == UInt64(trained.count) && trained.count > 100, "\(accounts)")
        #expect((accounts.dropped[.overAge] ?? 0) > 0 && (accounts.dropped[.unknownReward] ?? 0) > 0, "\(accounts)")
        try expectEverythingInFlightCanBeLeased(&learner, workers)
    }

    func act(_ worker: inout Worker, _ learner: inout LearnerFixture, _ random: inout SplitMix64, _ round: Int) {
        switch random.next() % 20 {
        case 0:
            // A new life, whether or not the old one's end was noticed.
            worker.incarnation += 1
            worker.peer = "\(worker.id)#\(round)"
            worker.held = []
            _ = learner.join(worker.id, incarnation: worker.incarnation, through: worker.peer)
        case 1:
            // The same life through another connection.
            let former = worker.peer
            worker.peer = "\(worker.id)#\(round)"
            _ = learner.join(worker.id, incarnation: worker.incarnation, through: worker.peer)
            learner.disconnect(former)
        case 2: learner.disconnect(worker.peer)
        case 3:
            learner.now += .seconds(Int64(random.next() % 12))
            learner.tick()
        case 4: _ = learner.heartbeat(worker.peer, leases: worker.held.map(\.leaseID))
        case 5:
            let lease = worker.held.popLast()
            _ = learner.say(.leaseReturn(LeaseReturn(leaseIDs: [lease?.leaseID ?? 7], reason: "full")), worker.peer)
        case 6: if let group = worker.sent.last { _ = learner.say(.groupSubmission(group), worker.peer) }
        case 7...11:
            let request = LeaseRequest(credits: UInt32(random.next() % 4), versionInUse: 0)
            if case .leaseGrant(let grant)? = learner.say(.leaseRequest(request), worker.peer) {
                worker.held += grant.leases
            }
        default: submit(&worker, &learner, &random)
        }
    }

    private func submit(_ worker: inout Worker, _ learner: inout LearnerFixture, _ random: inout SplitMix64) {
        guard let lease = worker.held.popLast() else { return }
        // In a lockstep schedule mostly the version that the lease names.
        let old = learner.core.version - min(learner.core.version, random.next() % 6)
        let version = random.next() % 12 == 0 ? old : lease.exactVersion ?? old
        var group = LearnerFixture.group(
            lease, version: version, rewards: random.next() % 8 == 0 ? [nil, 1] : [1, 0])
        if random.next() % 8 == 0 { group.tokens[0] = 10_000 }
        worker.sent.append(group)
        _ = learner.say(.groupSubmission(group), worker.peer)
    }

    /// When all who held leases are gone, a newcomer is given every group that is in flight.
    private func expectEverythingInFlightCanBeLeased(_ learner: inout LearnerFixture, _ workers: [Worker]) throws {
        for worker in workers { learner.disconnect(worker.peer) }
        learner.now += .seconds(1_000)
        learner.tick()
        let inFlight = learner.core.ledger.conservation.inFlight
        _ = learner.join("newcomer")
        var leased: Set<UInt64> = []
        while true {
            let leases = learner.lease("newcomer", credits: 5)
            if leases.isEmpty { break }
            leased.formUnion(leases.map(\.groupID))
        }
        let accounts = learner.core.ledger.conservation
        #expect(accounts.holds && UInt64(leased.count) == accounts.inFlight && accounts.inFlight >= inFlight)
    }
}
