import Foundation
import GRDB

extension RunDatabase {
    /// The life of a group. Throws if there is none of that number.
    package func trace(_ groupID: UInt64) throws -> GroupTrace {
        try read { database in
            let id = Int64(bitPattern: groupID)
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT * FROM groups LEFT JOIN prompts USING (prompt) WHERE group_id = ?",
                    arguments: [id])
            else { throw RunStoreError.noSuchGroup(groupID, path: path) }
            return GroupTrace(
                groupID: groupID, promptIndex: number(row["prompt"]), promptText: row["text"] ?? "",
                promptTokens: (row["tokens"] as Data? ?? Data()).count / 4, batch: (row["batch"] as Int64?).map(number),
                issue: row["issue"], state: row["state"], dropReason: row["drop_reason"], issuedAt: row["issued_at"],
                acceptedAt: row["accepted_at"], endedAt: row["ended_at"], leases: try leases(of: id, database),
                responses: try responses(of: id, database), step: try step(of: row, database))
        }
    }

    private func leases(of group: Int64, _ database: Database) throws -> [GroupTrace.Lease] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM leases WHERE group_id = ? ORDER BY lease", arguments: [group]
        ).map { row in
            GroupTrace.Lease(
                lease: LeaseRecord(
                    leaseID: number(row["lease"]), groupID: number(group), attempt: row["attempt"],
                    worker: row["worker"], incarnation: number(row["incarnation"]),
                    exactVersion: (row["exact_version"] as Int64?).map(number)),
                grantedAt: row["granted_at"], endedAt: row["ended_at"], outcome: row["outcome"])
        }
    }

    private func responses(of group: Int64, _ database: Database) throws -> [GroupTrace.Response] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT responses.*, payloads.text FROM responses LEFT JOIN payloads USING (group_id, sample)
                WHERE group_id = ? ORDER BY sample
                """, arguments: [group]
        ).map { row in
            let outcome = (row["staleness"] as Int64?).map { staleness in
                ResponseOutcome(
                    groupID: number(group), sample: row["sample"], advantage: row["advantage"], ratio: row["ratio"],
                    divergence: row["divergence"], clippedFraction: row["clipped_fraction"],
                    staleness: number(staleness))
            }
            return GroupTrace.Response(
                sample: row["sample"], tokenCount: row["token_count"],
                spans: try require(Packing.spans(row["spans"]), "spans of group \(group)"), finish: row["finish"],
                verdict: StoredVerdict(
                    judgement: row["verdict"], score: row["score"], reason: row["reason"], detail: row["detail"] ?? "",
                    verifier: row["verifier"] ?? ""),
                outcome: outcome, text: row["text"])
        }
    }

    private func step(of group: Row, _ database: Database) throws -> GroupTrace.Step? {
        guard let number = group["step"] as Int64?,
            let row = try Row.fetchOne(database, sql: "SELECT * FROM steps WHERE step = ?", arguments: [number])
        else { return nil }
        return GroupTrace.Step(
            number: Int(number), position: group["position"] ?? 0, consumingVersion: self.number(row["consuming_version"]),
            version: (row["version"] as Int64?).map(self.number), sha256: row["sha256"],
            finishedAt: row["finished_at"])
    }
}
