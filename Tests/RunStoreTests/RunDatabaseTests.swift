import Foundation
import GRDB
import RunStore
import Testing

/// The run's database keeps what it is told, exactly, and says what is wrong with one that it cannot use.
@Suite struct RunDatabaseTests {
    @Test func aGroupComesBackBitForBit() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try database.write(StoreFixture.life(of: 12, lease: 1))
            let expected = StoreFixture.group(12, lease: 1)
            let found = try database.group(12)
            #expect(found == expected)
            let bits = found.responses[0].logProbabilities.map(\.bitPattern)
            #expect(bits == expected.responses[0].logProbabilities.map(\.bitPattern))
            #expect(try database.prompt(12) == [7, 8])
        }
    }

    @Test(arguments: [254, 255, 300, 32_000] as [Int16])
    func expertIdsOfAnySizeComeBack(largest: Int16) throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            var group = StoreFixture.group(3, lease: 1)
            group.routes?.ids[5] = largest
            try database.write(StoreFixture.life(of: 3, lease: 1).dropLast() + [.accepted(group)])
            #expect(try database.group(3).routes == group.routes)
        }
    }

    /// A dropped group counts with the step that followed its end or, in lockstep, with the step of its own batch.
    @Test func verdictsAreCountedWithTheirStep() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            var sequence: UInt64 = 0
            func write(_ records: [RunRecord], at time: Int64) throws {
                try database.write(
                    records.map { record in
                        sequence += 1
                        return JournalEntry(record, sequence: sequence, time: time)
                    }, life: 1)
            }
            let batches: [UInt64: UInt64] = [10: 0, 11: 1]
            for id in [1, 2, 3, 4, 5, 10, 11] as [UInt64] {
                try write(StoreFixture.life(of: id, lease: id, batch: batches[id]), at: 1_000)
            }
            try write([.stepBegun(step: 1, consumingVersion: 0, groupIDs: [1])], at: 1_500)
            try write([.dropped(groupID: 2, reason: "uninformative")], at: 2_000)
            try write(
                [.stepFinished(FinishedStep(step: 1, version: 1, sha256: "cd", report: "{}", outcomes: []))], at: 3_000)
            try write([3, 10, 11].map { .dropped(groupID: $0, reason: "uninformative") }, at: 4_000)
            try write([.dropped(groupID: 5, reason: "over_age")], at: 4_000)
            let verdicts = try database.verdicts(withDropped: "uninformative")
            #expect(verdicts.map(\.groupID) == [1, 2, 3, 4, 10, 11])
            #expect(verdicts.map(\.step) == [1, 1, nil, nil, 1, nil])
            #expect(verdicts.map(\.batch) == [nil, nil, nil, nil, 0, 1])
            // Of two responses one was judged.
            #expect(verdicts.allSatisfy { $0.correct == 1 && $0.judged == 1 && $0.promptIndex == $0.groupID })
        }
    }

    /// A process that somebody starts meanwhile has a copy of every descriptor until it becomes its program.
    @Test func whoClosesItLetsTheNextOneInWhoeverHasACopy() throws {
        try StoreFixture.with { fixture in
            let first = try fixture.open()
            var file = stat()
            try #require(stat(first.path + ".lock", &file) == 0)
            let descriptors = (3..<4096 as Range<Int32>).filter { descriptor in
                var status = stat()
                return fstat(descriptor, &status) == 0 && status.st_ino == file.st_ino && status.st_dev == file.st_dev
            }
            #expect(descriptors.count == 1)
            // As a fork makes them.
            let copies = descriptors.map { dup($0) }
            defer { for copy in copies { close(copy) } }
            try first.close()
            try fixture.open().close()
        }
    }

    /// The ledger of a life with a group in every state.
    @Test func theLedgerComesBackAsItWas() throws {
        try StoreFixture.with { fixture in
            var database = try fixture.open()
            var records = (0..<6).flatMap { StoreFixture.life(of: $0, lease: $0 + 1) }
            records += [
                .version(VersionRecord(number: 3, sha256: "ab", byteCount: 4, precision: "bf16")),
                .stepBegun(step: 1, consumingVersion: 0, groupIDs: [1, 0]),
                .stepFinished(FinishedStep(step: 1, version: 1, sha256: "cd", report: "{}", outcomes: [])),
                .stepBegun(step: 2, consumingVersion: 1, groupIDs: [3, 2]),
                .dropped(groupID: 4, reason: "over_age"),
                // On loan.
                .issued(groupID: 6, promptIndex: 6, batch: nil, issue: 2),
                .leased(
                    LeaseRecord(leaseID: 90, groupID: 6, attempt: 0, worker: "w", incarnation: 1, exactVersion: nil)),
                .leaseEnded(leaseID: 90, groupID: 6, outcome: "failed"),
                .leased(LeaseRecord(leaseID: 91, groupID: 6, attempt: 1, worker: "x", incarnation: 9, exactVersion: 4)),
            ]
            try database.write(records)
            try database.close()
            database = try fixture.open()
            let run = try database.restore(reissued: ["over_age"], acceptedLeases: 3)
            #expect(run.issued == 7 && run.trained == 2 && run.dropped == ["over_age": 1] && run.lastStep == 1)
            #expect(run.live.map(\.groupID) == [6, 2, 3, 5])
            let onLoan = try #require(run.live.first)
            #expect(onLoan.attempts == 2 && onLoan.failures == 1 && onLoan.issue == 2 && onLoan.arrival == nil)
            #expect(
                onLoan.lease
                    == LeaseRecord(leaseID: 91, groupID: 6, attempt: 1, worker: "x", incarnation: 9, exactVersion: 4))
            #expect(run.live.dropFirst().allSatisfy { $0.oldestVersion == 3 && $0.lease == nil })
            #expect(run.returnedPrompts.map(\.index) == [4])
            #expect(run.returnedPrompts.map(\.issue) == [1])
            #expect(run.acceptedLeases == [4, 5, 6])
            #expect(run.nextGroupID == 7 && run.nextPrompt == 7 && run.hashes == [3: "ab"])
            let steps = try database.steps(after: 0)
            #expect(steps.map(\.groupIDs) == [[1, 0], [3, 2]])
            #expect(steps.map(\.sha256) == ["cd", nil])
            #expect(try database.steps(after: 1).map(\.number) == [2])
        }
    }

    @Test func aReissuedPromptIsOwedOnce() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try database.write(
                StoreFixture.life(of: 0, lease: 1) + [
                    .dropped(groupID: 0, reason: "unknown_reward"),
                    .issued(groupID: 1, promptIndex: 0, batch: nil, issue: 1),
                ])
            #expect(try database.restore(reissued: ["unknown_reward"], acceptedLeases: 9).returnedPrompts.isEmpty)
            try database.write([.dropped(groupID: 1, reason: "unknown_reward")])
            let owed = try database.restore(reissued: ["unknown_reward"], acceptedLeases: 9).returnedPrompts
            #expect(owed.map(\.index) == [0])
            #expect(owed.map(\.issue) == [2])
            // Another reason than those asked for is no debt.
            #expect(try database.restore(reissued: ["over_age"], acceptedLeases: 9).returnedPrompts.isEmpty)
        }
    }

    @Test func candidatesOfBatchesAreCounted() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            let records = (0..<4).flatMap { StoreFixture.life(of: $0, lease: $0 + 1, batch: $0 / 2) }
            try database.write(
                records + [
                    .dropped(groupID: 2, reason: "uninformative"),
                    .stepBegun(step: 1, consumingVersion: 0, groupIDs: [0, 1]),
                    .stepFinished(FinishedStep(step: 1, version: 1, sha256: "cd", report: "{}", outcomes: [])),
                ])
            let run = try database.restore(reissued: [], acceptedLeases: 1)
            let batch = try #require(run.batches.first)
            #expect(run.batches.count == 1 && batch.number == 1 && batch.issued == 2 && batch.unusable == 1)
        }
    }

    /// Lineage stays when payloads go.
    @Test func prunedGroupsKeepTheirLineage() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            let outcome = ResponseOutcome(
                groupID: 0, sample: 1, advantage: -1.5, ratio: 1.01, divergence: 0.25, clippedFraction: 1, staleness: 2)
            try database.write(
                (0..<2).flatMap { StoreFixture.life(of: $0, lease: $0 + 1) } + [
                    .stepBegun(step: 1, consumingVersion: 0, groupIDs: [0]),
                    .stepFinished(FinishedStep(step: 1, version: 1, sha256: "cd", report: "{}", outcomes: [outcome])),
                    .prunePayloads(throughStep: 1),
                ])
            #expect(throws: RunStoreError.self) { try database.group(0) }
            #expect(try database.group(1).responses.count == 2)
            let queue = try DatabaseQueue(path: fixture.path)
            let row = try queue.read {
                try Row.fetchOne(
                    $0, sql: "SELECT * FROM responses JOIN outcomes USING (group_id, sample) WHERE group_id = 0")
            }
            let response = try #require(row)
            let (advantage, ratio, staleness): (Double, Double, Int) =
                (response["advantage"], response["ratio"], response["staleness"])
            #expect(advantage == -1.5)
            #expect(ratio == 1.01)
            #expect(staleness == 2)
            let (verdict, reason): (String, String) = (response["verdict"], response["reason"])
            #expect(verdict == "unknown")
            #expect(reason == "timeout")
            let verdicts = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM verdicts") }
            #expect(verdicts == 4)
        }
    }

    // MARK: Files that cannot be used

    @Test func whatIsNoDatabaseIsRefusedByName() throws {
        try StoreFixture.with { fixture in
            #expect(throws: RunStoreError.missing(path: fixture.path)) { try RunDatabase(reading: fixture.path) }
            try Data("this is not a database at all, whatever its name says".utf8).write(
                to: URL(fileURLWithPath: fixture.path))
            let error = #expect(throws: RunStoreError.self) { try fixture.open() }
            #expect(error?.description.contains(fixture.path) == true)
        }
    }

    @Test func anotherRunsDatabaseIsRefused() throws {
        try StoreFixture.with { fixture in
            try fixture.open().close()
            #expect(throws: RunStoreError.anotherRun(path: fixture.path, found: "alpha", expected: "beta")) {
                try RunDatabase(path: fixture.path, run: "beta", seed: 1)
            }
        }
    }

    @Test func aLaterSchemaIsRefused() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try database.close()
            let queue = try DatabaseQueue(path: fixture.path)
            try queue.write { try $0.execute(sql: "UPDATE run SET value = '99' WHERE key = 'schema_version'") }
            try queue.close()
            #expect(throws: RunStoreError.laterSchema(path: fixture.path, found: "99", supported: 1)) {
                try RunDatabase(reading: fixture.path)
            }
        }
    }

    @Test func twoLearnersCannotWriteOneRun() throws {
        try StoreFixture.with { fixture in
            let first = try fixture.open()
            #expect(throws: RunStoreError.inUse(path: fixture.path)) { try fixture.open() }
            // Looking is always allowed.
            #expect(try RunDatabase(reading: fixture.path).steps(after: 0).isEmpty)
            try first.close()
        }
    }

    @Test func damagedPayloadsAreNamed() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try database.write(StoreFixture.life(of: 8, lease: 1))
            try database.close()
            let queue = try DatabaseQueue(path: fixture.path)
            try queue.write { try $0.execute(sql: "UPDATE payloads SET tokens = x'010203'") }
            try queue.close()
            let error = #expect(throws: RunStoreError.self) { try RunDatabase(reading: fixture.path).group(8) }
            #expect(error?.description.contains("the tokens of group 8") == true)
        }
    }
}
