import GRDB
import RunStore
import Testing

/// The audit finds nothing in a run without fault, and each fault under its own promise.
@Suite struct RunAuditTests {
    private func write(_ database: RunDatabase) throws {
        let outcomes: [ResponseOutcome] = [0, 1].flatMap { group in
            (0..<2).map { sample in
                ResponseOutcome(
                    groupID: group, sample: sample, advantage: 1, ratio: 1, divergence: 0, clippedFraction: 0,
                    staleness: 1)
            }
        }
        let report = #"{"conservation_ok":true}"#
        func finished(_ step: Int, _ outcomes: [ResponseOutcome]) -> RunRecord {
            .stepFinished(
                FinishedStep(
                    step: step, version: UInt64(step + 4), sha256: "hash \(step)", report: report, outcomes: outcomes))
        }
        func version(_ number: UInt64, _ hash: String) -> RunRecord {
            .version(VersionRecord(number: number, sha256: hash, byteCount: 4, precision: "bf16"))
        }
        try database.write(
            (0..<4).flatMap { StoreFixture.life(of: $0, lease: $0 + 1) } + [
                version(4, "first"),
                .stepBegun(step: 1, consumingVersion: 4, groupIDs: [0, 1]), finished(1, outcomes),
                version(5, "hash 1"),
                .stepBegun(step: 2, consumingVersion: 5, groupIDs: [2]), finished(2, []),
                version(6, "hash 2"),
                .stepBegun(step: 3, consumingVersion: 6, groupIDs: [3]),
                .issued(groupID: 4, promptIndex: 4, batch: nil, issue: 0),
            ])
    }

    @Test func aRunWithoutFaultHolds() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try write(database)
            let audit = try database.audit()
            #expect(audit.holds, "\(audit.checks.filter { $0.violations > 0 })")
            #expect(audit.checks.allSatisfy { $0.examined > 0 })
        }
    }

    @Test(arguments: [
        ("UPDATE groups SET drop_reason = NULL, state = 'dropped' WHERE group_id = 4", "dropped for a reason"),
        ("UPDATE groups SET step = NULL WHERE group_id = 0", "dropped for a reason"),
        ("UPDATE steps SET report = '{\"conservation_ok\":false}' WHERE step = 2", "Issued ="),
        ("UPDATE steps SET outcomes = (SELECT outcomes FROM steps WHERE step = 1) WHERE step = 2", "in two steps"),
        ("UPDATE groups SET prompt = 1 WHERE group_id = 0", "No prompt is trained twice"),
        ("UPDATE leases SET outcome = 'expired' WHERE group_id = 1", "under one lease"),
        ("DELETE FROM steps WHERE step = 2", "without a gap"),
        ("UPDATE versions SET sha256 = 'other' WHERE version = 5", "that it published"),
        ("UPDATE groups SET newest_version = 5 WHERE group_id = 0", "older than itself"),
        (
            "UPDATE groups SET responses = json_set(responses, '$[1].score', 0.0) WHERE group_id = 0",
            "An unknown verdict"
        ),
    ])
    func everyFaultIsFoundUnderItsPromise(statement: String, promise: String) throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let database = try fixture.open()
        try write(database)
        try database.close()
        try tamper(fixture.path, statement)
        let checks = try RunDatabase(reading: fixture.path).audit().checks
        let broken = checks.filter { $0.violations > 0 }
        let isFound = broken.contains { $0.promise.contains(promise) && !$0.examples.isEmpty }
        #expect(isFound, "\(broken)")
    }

    private func tamper(_ path: String, _ statement: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: statement) }
        try queue.close()
    }
}
