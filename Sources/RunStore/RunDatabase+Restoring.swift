import Foundation
import GRDB

extension RunDatabase {
    /// The ledger as the journal left it.
    ///
    /// - Parameters:
    ///   - reissued: reasons for which a dropped group's prompt is issued again.
    ///   - acceptedLeases: how many of the accepted leases to recall.
    package func restore(reissued: [String], acceptedLeases: Int) throws -> StoredRun {
        try read { database in
            var run = StoredRun()
            try readAccounts(database, &run)
            try readLiveGroups(database, &run)
            try readNumbers(database, &run, reissued: reissued)
            run.acceptedLeases = try Int64.fetchAll(
                database,
                sql: "SELECT lease FROM leases WHERE outcome = 'submitted' ORDER BY lease DESC LIMIT ?",
                arguments: [acceptedLeases]
            ).reversed().map { UInt64(bitPattern: $0) }
            run.hashes = try hashes(database)
            return run
        }
    }

    /// SHA-256 of the published versions, in hexadecimal.
    package func versionHashes() throws -> [UInt64: String] { try read(hashes) }

    private func hashes(_ database: Database) throws -> [UInt64: String] {
        try Row.fetchAll(database, sql: "SELECT version, sha256 FROM versions").reduce(into: [:]) {
            $0[number($1[0])] = $1[1]
        }
    }

    /// The steps after `step`, in order: those to be done again from a checkpoint, and last the one that was begun when the
    /// learner ended, if there is one.
    package func steps(after step: Int) throws -> [StoredRun.Step] {
        try read { database in
            let rows = try Row.fetchAll(
                database, sql: "SELECT step, consuming_version, sha256, life FROM steps WHERE step > ? ORDER BY step",
                arguments: [step])
            return try rows.map { row in
                let groups = try Int64.fetchAll(
                    database, sql: "SELECT group_id FROM groups WHERE step = ? ORDER BY position", arguments: [row[0]])
                return StoredRun.Step(
                    number: row[0], consumingVersion: number(row[1]), groupIDs: groups.map { number($0) },
                    sha256: row[2], life: number(row[3]))
            }
        }
    }

    /// The token ids of a prompt as it was leased.
    package func prompt(_ index: UInt64) throws -> [Int32] {
        try read { database in
            let bytes = try Data.fetchOne(
                database, sql: "SELECT tokens FROM prompts WHERE prompt = ?", arguments: [Int64(bitPattern: index)])
            return try require(
                bytes.flatMap { Packing.numbers($0, of: Int32.self) }, "the tokens of prompt \(index)")
        }
    }

    /// The resolved configuration of a life of the learner, as JSON.
    package func configuration(life: UInt64) throws -> String? {
        try read {
            try String.fetchOne(
                $0, sql: "SELECT configuration FROM lives WHERE incarnation = ?", arguments: [Int64(bitPattern: life)])
        }
    }

    /// An accepted group with its payload. Throws if it was pruned or is not whole.
    package func group(_ groupID: UInt64) throws -> StoredGroup {
        try read { database in
            guard
                let row = try Row.fetchOne(
                    database,
                    sql: """
                        SELECT prompt, lease, worker, responses, payloads.* FROM groups LEFT JOIN payloads USING (group_id)
                        WHERE group_id = ? AND accepted_at IS NOT NULL
                        """, arguments: [Int64(bitPattern: groupID)])
            else { throw RunStoreError.noSuchGroup(groupID, path: path) }
            guard let tokens = row["tokens"] as Data?, let logProbabilities = row["log_probabilities"] as Data? else {
                throw RunStoreError.damaged(path: path, what: "the payload of group \(groupID) is not there (any more)")
            }
            return StoredGroup(
                groupID: groupID, promptIndex: number(row["prompt"]), leaseID: number(row["lease"] ?? 0),
                worker: row["worker"] ?? "",
                responses: try responses(
                    of: groupID, lineage: row["responses"], tokens: tokens, logProbabilities: logProbabilities,
                    texts: row["texts"]),
                routes: try routes(of: groupID, row))
        }
    }

    private func responses(
        of groupID: UInt64, lineage: String?, tokens: Data, logProbabilities: Data, texts: String?
    ) throws -> [StoredResponse] {
        let lineage = try require(ResponseLineage.read(lineage), "the responses of group \(groupID)")
        let tokens = try require(Packing.numbers(tokens, of: Int32.self), "the tokens of group \(groupID)")
        let logProbabilities = try require(
            Packing.numbers(logProbabilities, of: Float.self), "the log-probabilities of group \(groupID)")
        // What cannot be decoded is damage, named in the next line.
        let decoded = try? JSONDecoder().decode([String?].self, from: Data((texts ?? "").utf8))
        let texts = try require(decoded, "the texts of group \(groupID)")
        let total = lineage.reduce(0) { $0 + max(0, $1.tokens) }
        guard tokens.count == total, logProbabilities.count == total, texts.count == lineage.count else {
            throw RunStoreError.damaged(
                path: path, what: "group \(groupID) has \(total) tokens, its payload has \(tokens.count)")
        }
        var start = 0
        return try zip(lineage, texts).map { response, text in
            let range = start..<start + response.tokens
            start = range.upperBound
            return StoredResponse(
                sample: response.sample, tokens: Array(tokens[range]), logProbabilities: Array(logProbabilities[range]),
                spans: try require(response.storedSpans, "the spans of group \(groupID)"),
                forced: try require(response.storedForced, "the forced tokens of group \(groupID)"), text: text,
                finish: response.finish, verdict: response.storedVerdict)
        }
    }

    private func routes(of groupID: UInt64, _ row: Row) throws -> StoredRoutes? {
        guard let experts = row["experts"] as Data? else { return nil }
        let (rows, layers, topK): (Int, Int, Int) = (row["route_rows"], row["route_layers"], row["route_top_k"])
        let ids = try require(Packing.experts(experts, count: rows * layers * topK), "the routes of group \(groupID)")
        return StoredRoutes(rows: rows, layers: layers, topK: topK, ids: ids)
    }

    private func readAccounts(_ database: Database, _ run: inout StoredRun) throws {
        let rows = try Row.fetchAll(
            database, sql: "SELECT state, drop_reason, count(*) FROM groups GROUP BY state, drop_reason")
        for row in rows {
            let count = number(row[2])
            run.issued += count
            if row[0] == "trained" { run.trained += count }
            if row[0] == "dropped" { run.dropped[row[1] ?? "unnamed", default: 0] += count }
        }
        run.lastStep = try Int.fetchOne(database, sql: "SELECT max(step) FROM steps WHERE finished_at IS NOT NULL") ?? 0
    }

    private func readLiveGroups(_ database: Database, _ run: inout StoredRun) throws {
        run.live = try Row.fetchAll(
            database,
            sql: """
                SELECT group_id, prompt, batch, issue, failures, oldest_version, arrival, state,
                  (SELECT count(*) FROM leases WHERE leases.group_id = groups.group_id) AS attempts
                FROM groups WHERE state IN ('in_flight', 'buffered') ORDER BY arrival, group_id
                """
        ).map { row in
            let isBuffered = row["state"] == "buffered"
            let lease = isBuffered ? nil : try openLease(of: row["group_id"], database)
            return StoredRun.LiveGroup(
                groupID: number(row["group_id"]), promptIndex: number(row["prompt"]),
                batch: (row["batch"] as Int64?).map(number), issue: row["issue"], attempts: row["attempts"],
                failures: row["failures"], lease: lease,
                oldestVersion: isBuffered ? (row["oldest_version"] as Int64?).map(number) : nil,
                arrival: isBuffered ? (row["arrival"] as Int64?).map(number) : nil)
        }
        run.batches = try Row.fetchAll(
            database,
            sql: """
                SELECT batch, count(*), sum(state = 'dropped') FROM groups WHERE batch IS NOT NULL
                GROUP BY batch HAVING sum(state = 'trained') = 0
                """
        ).map { StoredRun.Batch(number: number($0[0]), issued: number($0[1]), unusable: number($0[2])) }
    }

    private func openLease(of groupID: Int64, _ database: Database) throws -> LeaseRecord? {
        try Row.fetchOne(
            database,
            sql: """
                SELECT lease, attempt, worker, incarnation, exact_version FROM leases
                WHERE group_id = ? AND ended_at IS NULL ORDER BY lease DESC
                """, arguments: [groupID]
        ).map { row in
            LeaseRecord(
                leaseID: number(row[0]), groupID: number(groupID), attempt: row[1], worker: row[2],
                incarnation: number(row[3]), exactVersion: (row[4] as Int64?).map(number))
        }
    }

    private func readNumbers(_ database: Database, _ run: inout StoredRun, reissued: [String]) throws {
        let numbers = try Row.fetchOne(
            database,
            // A prompt's number holds its place in the lower 56 bits (docs/run-database.md).
            sql: """
                SELECT coalesce(max(group_id), -1), coalesce(max(prompt & 0xFFFFFFFFFFFFFF), -1),
                  coalesce(max(arrival), 0) FROM groups
                """)
        if let numbers {
            run.nextGroupID = number(numbers[0] + 1)
            run.nextPrompt = number(numbers[1] + 1)
            run.nextSequence = number(numbers[2] + 1)
        }
        let marks = reissued.map { _ in "?" }.joined(separator: ", ")
        // Beside max(issue) SQLite gives the other columns of that very row: the prompt's last group.
        run.returnedPrompts = try Row.fetchAll(
            database,
            sql: """
                SELECT prompt, max(issue), state, drop_reason, ended_at FROM groups WHERE batch IS NULL
                GROUP BY prompt HAVING state = 'dropped' AND drop_reason IN (\(marks)) ORDER BY ended_at, prompt
                """, arguments: StatementArguments(reissued)
        ).map { (index: number($0[0]), issue: $0[1] + 1) }
    }

    func number(_ value: Int64) -> UInt64 { UInt64(bitPattern: value) }
}
