import Foundation
import GRDB
import RunStore
import Testing

/// docs/run-database.md says what the schema is, and its queries work.
@Suite struct SchemaPageTests {
    private static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/run-database.md")

    /// Columns that the page lists below each heading of a table or view.
    private func documented() throws -> [String: [String]] {
        var tables: [String: [String]] = [:]
        var heading: String?
        for line in try String(contentsOf: Self.page, encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("## ") {
                heading = line.hasPrefix("## `") ? String(line.dropFirst(4).dropLast()) : nil
                if let heading { tables[heading] = [] }
            } else if let heading, line.hasPrefix("| `") {
                tables[heading]?.append(String(line.dropFirst(3).prefix { $0 != "`" }))
            }
        }
        return tables
    }

    /// A database in which every table has rows.
    private func fill(_ fixture: StoreFixture) throws {
        let database = try fixture.open()
        let outcome = ResponseOutcome(
            groupID: 0, sample: 0, advantage: 1, ratio: 1, divergence: 0, clippedFraction: 0, staleness: 1)
        let step = FinishedStep(
            step: 1, version: 1, sha256: "cd", report: #"{"accuracy":0.5,"entropy":1,"staleness_mean":1}"#,
            outcomes: [outcome], samples: [SampleTests.sample(0, .best)])
        func life(_ number: UInt64, _ rate: Double) -> RunRecord {
            .life(
                LifeRecord(
                    incarnation: number, software: "apus", configuration: "{\"optimizer\":{\"learning_rate\":\(rate)}}")
            )
        }
        let member = MemberRecord(role: "rollout-worker", id: "w", incarnation: 1)
        let expired = LeaseRecord(leaseID: 70, groupID: 1, attempt: 0, worker: "x", incarnation: 1, exactVersion: nil)
        try database.write(
            [life(1, 0.5), life(2, 0.25), .memberJoined(member)] + StoreFixture.life(of: 0, lease: 1)
                + StoreFixture.life(of: 1, lease: 2) + [
                    .leased(expired), .leaseEnded(leaseID: 70, groupID: 1, outcome: "expired"),
                    .version(VersionRecord(number: 0, sha256: "ab", byteCount: 4, precision: "bf16")),
                    .stepBegun(step: 1, consumingVersion: 0, groupIDs: [0]), .stepFinished(step),
                    .checkpoint(step: 1, path: "/c"), .event(kind: "k", detail: "{}"),
                    .memberLeft(member, reason: "done"),
                ])
        try database.close()
    }

    @Test func thePageAndTheSchemaAgree() throws {
        try StoreFixture.with { fixture in
            try fill(fixture)
            let queue = try DatabaseQueue(path: fixture.path)
            let names = try queue.read {
                try String.fetchAll(
                    $0,
                    sql: "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'")
            }
            let page = try documented()
            #expect(Set(page.keys) == Set(names))
            for name in names {
                let columns = try queue.read { try $0.columns(in: name).map(\.name) }
                #expect(page[name] == columns, "\(name)")
                let rows = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(name)") }
                #expect(rows ?? 0 > 0, "\(name) has no row here, so its queries show nothing")
            }
        }
    }

    @Test func everyQueryOfThePageAnswers() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let queries = text.components(separatedBy: "```sql\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(queries.count >= 8)
        try StoreFixture.with { fixture in
            try fill(fixture)
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: fixture.path, configuration: configuration)
            for query in queries {
                let rows = try queue.read { try Row.fetchAll($0, sql: query) }
                #expect(!rows.isEmpty, "\(query)")
            }
        }
    }

    /// The values that the page allows in a column are those that the learner's records may have.
    @Test func thePageNamesEveryStateAndKind() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        for state in ["in_flight", "buffered", "trained", "dropped"] { #expect(text.contains("`\(state)`")) }
        for kind in StoredSample.Kind.allCases { #expect(text.contains("`\(kind.rawValue)`")) }
    }
}
