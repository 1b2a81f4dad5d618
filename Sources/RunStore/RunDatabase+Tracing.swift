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
                responses: try responses(of: row, database), step: try step(of: row, database))
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

    private func responses(of group: Row, _ database: Database) throws -> [GroupTrace.Response] {
        guard let lineage = group["responses"] as String? else { return [] }
        let id: Int64 = group["group_id"]
        let outcomes = try outcomes(of: id, step: group["step"], database)
        let texts = try String.fetchOne(
            database, sql: "SELECT texts FROM payloads WHERE group_id = ?", arguments: [id])
        // Texts that were pruned or cannot be read are not shown.
        let decoded = try? JSONDecoder().decode([String?].self, from: Data((texts ?? "[]").utf8))
        return try require(ResponseLineage.read(lineage), "the responses of group \(id)").enumerated().map {
            index, response in
            GroupTrace.Response(
                sample: response.sample, tokenCount: response.tokens,
                spans: try require(response.storedSpans, "the spans of group \(id)"), finish: response.finish,
                verdict: response.storedVerdict, outcome: outcomes[response.sample],
                text: decoded?.dropFirst(index).first ?? nil)
        }
    }

    private func outcomes(of group: Int64, step: Int?, _ database: Database) throws -> [UInt32: ResponseOutcome] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM outcomes WHERE step = ? AND group_id = ?", arguments: [step, group]
        ).reduce(into: [:]) { outcomes, row in
            outcomes[row["sample"]] = ResponseOutcome(
                groupID: number(group), sample: row["sample"], advantage: row["advantage"], ratio: row["ratio"],
                divergence: row["divergence"], clippedFraction: row["clipped_fraction"],
                staleness: number(row["staleness"]))
        }
    }

    private func step(of group: Row, _ database: Database) throws -> GroupTrace.Step? {
        guard let number = group["step"] as Int64?,
            let row = try Row.fetchOne(database, sql: "SELECT * FROM steps WHERE step = ?", arguments: [number])
        else { return nil }
        return GroupTrace.Step(
            number: Int(number), position: group["position"] ?? 0,
            consumingVersion: self.number(row["consuming_version"]),
            version: (row["version"] as Int64?).map(self.number), sha256: row["sha256"],
            finishedAt: row["finished_at"])
    }
}
