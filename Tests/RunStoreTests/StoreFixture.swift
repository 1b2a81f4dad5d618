import Foundation
import RunStore

/// A run's database in a directory of its own.
struct StoreFixture {
    let directory: String
    var path: String { RunDatabase.path(run: directory) }

    static func with(_ body: (StoreFixture) throws -> Void) throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        try body(fixture)
    }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    func remove() {
        // Whatever is left lies in the system's temporary directory.
        try? FileManager.default.removeItem(atPath: directory)
    }

    func open() throws -> RunDatabase { try RunDatabase(path: path, run: "alpha", seed: 7) }

    /// A group of two responses, one of them judged, sampled by two versions.
    static func group(_ id: UInt64, lease: UInt64, versions: [UInt64] = [3, 4]) -> StoredGroup {
        let verdicts = [
            StoredVerdict(judgement: "correct", score: 1, reason: nil, detail: "", verifier: "v-1"),
            StoredVerdict(judgement: "unknown", score: nil, reason: "timeout", detail: "slow", verifier: ""),
        ]
        let spans = versions.map { StoredResponse.Span(version: $0, count: 4 / versions.count) }
        let responses = verdicts.enumerated().map { sample, verdict in
            StoredResponse(
                sample: UInt32(sample), tokens: [1, 2, 3, Int32(id % 1000)],
                logProbabilities: [-0.5, -Float.leastNonzeroMagnitude, 0, -100.25], spans: spans,
                forced: sample == 0 ? [0..<1, 2..<4] : [], text: sample == 0 ? "größer \0 als 漢字" : nil, finish: "stop",
                verdict: verdict)
        }
        let ids: [Int16] = (0..<48).map { Int16($0 % 9) - 1 }
        return StoredGroup(
            groupID: id, promptIndex: id, leaseID: lease, worker: "w", responses: responses,
            routes: StoredRoutes(rows: 8, layers: 3, topK: 2, ids: ids))
    }

    /// What the learner writes of a group until it is accepted.
    static func life(of id: UInt64, lease: UInt64, batch: UInt64? = nil) -> [RunRecord] {
        [
            .prompt(
                PromptRecord(index: id, text: "p\(id)", tokens: [7, 8], verifierKind: "exact", payload: [123, 125])),
            .issued(groupID: id, promptIndex: id, batch: batch, issue: 0),
            .leased(
                LeaseRecord(leaseID: lease, groupID: id, attempt: 0, worker: "w", incarnation: 5, exactVersion: nil)),
            .leaseEnded(leaseID: lease, groupID: id, outcome: "submitted"),
            .accepted(group(id, lease: lease)),
        ]
    }
}

extension RunDatabase {
    /// Writes records as the journal would.
    func write(_ records: [RunRecord], from sequence: UInt64 = 1) throws {
        try write(
            records.enumerated().map { JournalEntry($1, sequence: sequence + UInt64($0), time: 1_000) }, life: 1)
    }
}
