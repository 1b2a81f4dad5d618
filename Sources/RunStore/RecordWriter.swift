import Foundation
import GRDB

/// A record, its place in the journal, and when it was made, in milliseconds since 1970 (UTC).
package struct JournalEntry: Sendable {
    package let record: RunRecord
    package let sequence: UInt64
    package let time: Int64

    package init(_ record: RunRecord, sequence: UInt64, time: Int64) {
        self.record = record
        self.sequence = sequence
        self.time = time
    }
}

/// Writes records into the tables, within one transaction.
struct RecordWriter {
    let database: Database
    /// The learner's life that writes.
    let life: UInt64

    func write(_ entry: JournalEntry) throws {
        let time = entry.time
        switch entry.record {
        case .life(let life):
            try run(
                "INSERT INTO lives VALUES (?, ?, ?, ?)",
                [id(life.incarnation), time, life.software, life.configuration])
        case .prompt(let prompt):
            try write(prompt)
        case .issued(let groupID, let promptIndex, let batch, let issue):
            try run(
                """
                INSERT INTO groups (group_id, prompt, batch, issue, state, issued_at) VALUES (?, ?, ?, ?, 'in_flight', ?)
                """, [id(groupID), id(promptIndex), batch.map(id), issue, time])
        case .leased(let lease):
            try write(lease, time)
        case .leaseEnded(let leaseID, let groupID, let outcome):
            try run("UPDATE leases SET ended_at = ?, outcome = ? WHERE lease = ?", [time, outcome, id(leaseID)])
            if outcome == "failed" {
                try run("UPDATE groups SET failures = failures + 1 WHERE group_id = ?", [id(groupID)])
            }
        case .accepted(let group):
            try write(group, arrival: entry.sequence, time)
        case .dropped(let groupID, let reason):
            try run(
                "UPDATE groups SET state = 'dropped', drop_reason = ?, ended_at = ? WHERE group_id = ?",
                [reason, time, id(groupID)])
        case .stepBegun(let step, let consumingVersion, let groupIDs):
            try begin(step, consumingVersion, groupIDs, time)
        case .stepFinished(let step):
            try write(step, time)
        case .version(let version):
            try run(
                """
                INSERT INTO versions VALUES (?, ?, ?, ?, ?) ON CONFLICT (version) DO UPDATE
                SET sha256 = excluded.sha256, published_at = excluded.published_at WHERE sha256 <> excluded.sha256
                """,
                [id(version.number), version.sha256, version.byteCount, version.precision, time])
        case .memberJoined(let member):
            try run(
                "INSERT OR REPLACE INTO members (role, id, incarnation, software, joined_at) VALUES (?, ?, ?, ?, ?)",
                [member.role, member.id, id(member.incarnation), member.software, time])
        case .memberLeft(let member, let reason):
            try run(
                "UPDATE members SET left_at = ?, reason = ? WHERE role = ? AND id = ? AND incarnation = ?",
                [time, reason, member.role, member.id, id(member.incarnation)])
        case .checkpoint(let step, let path):
            try run("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)", [step, path, time])
        case .event(let kind, let detail):
            try run("INSERT INTO events (time, kind, detail) VALUES (?, ?, ?)", [time, kind, detail])
        case .prunePayloads(let step):
            // From the few payloads that are left to their groups, not through all groups of the run.
            try run(
                """
                DELETE FROM payloads WHERE group_id IN (
                  SELECT payloads.group_id FROM payloads CROSS JOIN groups USING (group_id)
                  WHERE state = 'dropped' OR step <= ?)
                """, [step])
        }
    }

    private func write(_ prompt: PromptRecord) throws {
        try run(
            "INSERT OR IGNORE INTO prompts VALUES (?, ?, ?, ?, ?)",
            [
                id(prompt.index), text(prompt.text), Packing.bytes(prompt.tokens), prompt.verifierKind,
                text(String(decoding: prompt.payload, as: UTF8.self)),
            ])
    }

    private func write(_ lease: LeaseRecord, _ time: Int64) throws {
        try run(
            """
            INSERT INTO leases (lease, group_id, attempt, worker, incarnation, exact_version, granted_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id(lease.leaseID), id(lease.groupID), lease.attempt, lease.worker, id(lease.incarnation),
                lease.exactVersion.map(id), time,
            ])
    }

    private func write(_ group: StoredGroup, arrival: UInt64, _ time: Int64) throws {
        let versions = group.responses.flatMap { $0.spans.map(\.version) }
        try run(
            """
            UPDATE groups SET state = 'buffered', worker = ?, lease = ?, oldest_version = ?, newest_version = ?,
              responses = ?, arrival = ?, accepted_at = ?
            WHERE group_id = ?
            """,
            [
                group.worker, id(group.leaseID), versions.min().map(id), versions.max().map(id),
                ResponseLineage.text(of: group.responses), id(arrival), time, id(group.groupID),
            ])
        var texts = JSONText()
        texts.list(group.responses) { $0.string($1.text) }
        try run(
            "INSERT OR REPLACE INTO payloads VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                id(group.groupID), Packing.bytes(group.responses.flatMap(\.tokens)),
                Packing.bytes(group.responses.flatMap(\.logProbabilities)), texts.text, group.routes?.rows,
                group.routes?.layers, group.routes?.topK, group.routes.map { Packing.experts($0.ids) },
            ])
    }

    private func begin(_ step: Int, _ version: UInt64, _ groupIDs: [UInt64], _ time: Int64) throws {
        try run(
            "INSERT OR REPLACE INTO steps (step, life, consuming_version, begun_at) VALUES (?, ?, ?, ?)",
            [step, id(life), id(version), time])
        var groups = JSONText()
        groups.list(groupIDs) { $0.number($1) }
        try run(
            "UPDATE groups SET step = ?, position = batch.key FROM json_each(?) AS batch WHERE group_id = batch.value",
            [step, groups.text])
    }

    private func write(_ step: FinishedStep, _ time: Int64) throws {
        try run(
            "UPDATE steps SET version = ?, sha256 = ?, report = ?, outcomes = ?, finished_at = ? WHERE step = ?",
            [id(step.version), step.sha256, step.report, OutcomeLineage.text(of: step.outcomes), time, step.step])
        try run("UPDATE groups SET state = 'trained', ended_at = ? WHERE step = ?", [time, step.step])
        for sample in step.samples { try write(sample, of: step.step) }
    }

    private func write(_ sample: StoredSample, of step: Int) throws {
        try run(
            "INSERT OR REPLACE INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                step, id(sample.groupID), sample.sample, sample.kind.rawValue, Packing.bytes(sample.tokens),
                Packing.bytes(sample.samplerLogProbabilities), Packing.bytes(sample.oldLogProbabilities),
                Packing.bytes(sample.logProbabilities), Packing.bytes(sample.entropies),
            ])
    }

    private func run(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws {
        let statement = try database.cachedStatement(sql: sql)
        statement.setUncheckedArguments(StatementArguments(arguments))
        try statement.execute()
    }

    /// Numbers of groups, prompts, leases and versions stay far below 2⁶³.
    private func id(_ number: UInt64) -> Int64 { Int64(bitPattern: number) }

    /// U+0000 ends a text in SQLite; it is shown as a symbol instead.
    private func text(_ text: String) -> String {
        text.contains("\0") ? text.replacingOccurrences(of: "\0", with: "\u{2400}") : text
    }
}
