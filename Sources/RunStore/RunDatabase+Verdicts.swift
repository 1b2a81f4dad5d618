import GRDB

/// How the responses of a group were judged.
package struct GroupVerdicts: Sendable, Equatable {
    package var groupID: UInt64
    package var promptIndex: UInt64
    /// Its batch, in a lockstep schedule.
    package var batch: UInt64?
    /// The step that trained the group or, if it was dropped, that followed its end; nil while there is none.
    package var step: Int?
    /// Responses judged correct, and responses judged correct or wrong.
    package var correct: Int
    package var judged: Int
}

extension RunDatabase {
    /// The verdicts of all groups that are trained, wait for it, or were dropped for `reason`, in order of their ids.
    package func verdicts(withDropped reason: String) throws -> [GroupVerdicts] {
        try read { database in
            let steps = try FinishedSteps(database)
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT group_id, prompt, batch, CASE WHEN state = 'trained' THEN step END AS trained, ended_at,
                      ifnull(sum(response.value ->> 'verdict' = 'correct'), 0) AS correct,
                      ifnull(sum(response.value ->> 'verdict' != 'unknown'), 0) AS judged
                    FROM groups LEFT JOIN json_each(groups.responses) AS response
                    WHERE state IN ('trained', 'buffered') OR (state = 'dropped' AND drop_reason = ?)
                    GROUP BY group_id ORDER BY group_id
                    """, arguments: [reason]
            ).map { row in
                let batch = row["batch"] as Int64?
                let step = row["trained"] as Int? ?? steps.following(batch: batch, endedAt: row["ended_at"])
                return GroupVerdicts(
                    groupID: number(row["group_id"]), promptIndex: number(row["prompt"]), batch: batch.map(number),
                    step: step, correct: row["correct"], judged: row["judged"])
            }
        }
    }
}

/// Which step followed an event. Read once: there are as many events as groups.
private struct FinishedSteps {
    private var finished: Set<Int> = []
    /// Those that ended later than all before them, so ascending in both; of a clock that went back the first one counts.
    private var ends: [(step: Int, time: Int64)] = []

    init(_ database: Database) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT step, finished_at FROM steps WHERE finished_at IS NOT NULL ORDER BY step")
        while let row = try rows.next() {
            let (step, time): (Int, Int64) = (row[0], row[1])
            finished.insert(step)
            if time > ends.last?.time ?? .min { ends.append((step, time)) }
        }
    }

    /// The step of a lockstep batch, else the first to finish at that time or later; nil while it has not.
    func following(batch: Int64?, endedAt time: Int64?) -> Int? {
        if let batch { return finished.contains(Int(batch) + 1) ? Int(batch) + 1 : nil }
        guard let time else { return nil }
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle].time < time { low = middle + 1 } else { high = middle }
        }
        return low < ends.count ? ends[low].step : nil
    }
}
