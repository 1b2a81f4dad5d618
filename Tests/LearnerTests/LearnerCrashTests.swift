import Foundation
import Learner
import RunStore
import TestSupport
import Testing
import Wire

/// Promises 1 and 2 for the learner itself: killed at any moment, it goes on from what its journal had on disk by then.
@Suite struct LearnerCrashTests {
    /// The journal as a crash leaves it: what was written so far, some of the last records lost.
    func crash(
        _ learner: inout LearnerFixture, _ database: RunDatabase, losing lost: Int, _ written: inout UInt64
    ) throws {
        try write(learner.records.dropLast(lost), to: database, &written)
        learner.records = []
        try learner.restart(from: database)
    }

    private func write(_ records: some Sequence<RunRecord>, to database: RunDatabase, _ written: inout UInt64) throws {
        var entries: [JournalEntry] = []
        for record in records {
            written += 1
            entries.append(JournalEntry(record, sequence: written, time: 0))
        }
        try database.write(entries, life: 1)
    }

    func withDatabase(_ body: (RunDatabase) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        let database = try RunDatabase(path: RunDatabase.path(run: path), run: "alpha", seed: 1)
        try body(database)
        try database.close()
    }

    /// Whatever workers do, and however often the learner dies: the accounts hold, no group is trained twice, and none that was
    /// on disk is forgotten.
    @Test(arguments: [1, 2, 3, 4], [false, true])
    func nothingOnDiskIsLostAndNothingTrainedTwice(seed: UInt64, lockstep: Bool) throws {
        try withDatabase { database in
            var random = SplitMix64(seed: seed)
            var learner = try LearnerFixture {
                $0.batchGroups = 3
                $0.schedule =
                    lockstep ? .lockstep(lag: 2) : .bounded(maximumStaleness: 3, outstandingGroups: 12)
                $0.versionsServed = 4
            }
            var workers = (0..<3).map { LearnerStormTests.Worker(id: "worker-\($0)") }
            var written: UInt64 = 0
            // Steps by number: a step that was lost with the crash may come again with other groups, a durable one may not.
            var trained: [UInt64: [UInt64]] = [:]
            for round in 0..<3_000 {
                let index = Int(random.next() % 3)
                LearnerStormTests().act(&workers[index], &learner, &random, round)
                if random.next() % 3 == 0 {
                    let groups = learner.step()
                    if !groups.isEmpty { trained[learner.core.version] = groups }
                }
                #expect(learner.core.ledger.conservation.holds)
                if random.next() % 40 == 0 {
                    let durable = learner.core.ledger.conservation
                    let lost = Int(random.next() % 6) * Int(random.next() % 2)
                    try crash(&learner, database, losing: lost, &written)
                    let accounts = learner.core.ledger.conservation
                    #expect(accounts.holds)
                    if lost == 0 { #expect(accounts == durable) }
                    trained = trained.filter { $0.key <= learner.core.version }
                    // Everybody finds the new life, or another life of them does.
                    for index in workers.indices {
                        let isReborn = random.next() % 2 == 0
                        if isReborn {
                            workers[index].incarnation += 1
                            workers[index].held = []
                        }
                        workers[index].peer = "\(workers[index].id)#\(round)"
                        _ = learner.join(
                            workers[index].id, incarnation: workers[index].incarnation, through: workers[index].peer)
                    }
                }
            }
            let groups = trained.values.flatMap(\.self)
            #expect(Set(groups).count == groups.count && groups.count > 100)
            #expect(learner.core.ledger.conservation.trained == UInt64(groups.count))
        }
    }

    /// A step that was under way trains on the very groups that were decided, also where another choice would be open.
    @Test func aDecidedBatchStaysDecided() throws {
        try withDatabase { database in
            var written: UInt64 = 0
            var learner = try LearnerFixture {
                $0.batchGroups = 2
                $0.schedule = .bounded(maximumStaleness: 3, outstandingGroups: 8)
            }
            _ = learner.join("w")
            let leases = learner.lease("w", credits: 6)
            for lease in leases.prefix(2) { _ = learner.submit(LearnerFixture.group(lease), "w") }
            let (batch, actions) = learner.core.takeBatch()
            learner.note(actions)
            // Older groups arrive while the step is under way.
            for lease in leases.dropFirst(2) { _ = learner.submit(LearnerFixture.group(lease), "w") }
            try crash(&learner, database, losing: 0, &written)
            #expect(learner.core.takeBatch().batch?.map(\.groupID) == batch?.map(\.groupID))
            #expect(learner.step() == leases.prefix(2).map(\.groupID))
            #expect(learner.step() == leases[2...3].map(\.groupID))
        }
    }

    /// A worker that outlived the learner delivers under its old lease; one that does not come back loses it in time.
    @Test func leasesOutliveTheLearner() throws {
        try withDatabase { database in
            var written: UInt64 = 0
            var learner = try LearnerFixture { $0.schedule = .bounded(maximumStaleness: 2, outstandingGroups: 3) }
            _ = learner.join("faithful")
            _ = learner.join("gone")
            let (kept, lost) = (learner.lease("faithful")[0], learner.lease("gone")[0])
            try crash(&learner, database, losing: 0, &written)
            _ = learner.join("faithful", through: "again")
            #expect(learner.heartbeat("again", leases: [kept.leaseID])?.expiredLeases == [])
            #expect(learner.lease("again", credits: 9).map(\.groupID) == [2])
            learner.now += .seconds(10)
            learner.tick()
            #expect(learner.lease("again", credits: 9).map(\.groupID) == [lost.groupID])
            #expect(learner.submit(LearnerFixture.group(kept), "again") == .accepted)
            // The receipt may have been lost with the learner.
            try crash(&learner, database, losing: 0, &written)
            _ = learner.join("faithful", through: "third")
            #expect(learner.submit(LearnerFixture.group(kept), "third") == .duplicate)
        }
    }

    /// The answer to a submission waits for the disk; nothing else does.
    @Test func receiptsWaitForTheDisk() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w")
        let lease = learner.lease("w")[0]
        let submission = Envelope(messageID: 99, message: .groupSubmission(LearnerFixture.group(lease)))
        let actions = learner.core.receive(submission, from: "w", now: learner.now)
        guard case .record(let records)? = actions.first, case .accepted(let group)? = records.last,
            case .confirm(.receipt, "w", 99)? = actions.dropFirst().first
        else {
            Issue.record("expected the record and then the receipt, got \(actions)")
            return
        }
        #expect(group.groupID == lease.groupID && group.responses.count == 2)
    }
}
