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
            try Row.fetchAll(
                database,
                sql: """
                    SELECT group_id, prompt, batch,
                      CASE WHEN state = 'trained' THEN step
                        WHEN batch IS NOT NULL THEN (SELECT step FROM steps WHERE step = batch + 1 AND finished_at IS NOT NULL)
                        ELSE (SELECT min(step) FROM steps WHERE finished_at >= ended_at) END AS counted,
                      (SELECT count(*) FROM json_each(responses) WHERE value ->> 'verdict' = 'correct') AS correct,
                      (SELECT count(*) FROM json_each(responses) WHERE value ->> 'verdict' != 'unknown') AS judged
                    FROM groups
                    WHERE state IN ('trained', 'buffered') OR (state = 'dropped' AND drop_reason = ?) ORDER BY group_id
                    """, arguments: [reason]
            ).map { row in
                GroupVerdicts(
                    groupID: number(row["group_id"]), promptIndex: number(row["prompt"]),
                    batch: (row["batch"] as Int64?).map(number), step: row["counted"], correct: row["correct"],
                    judged: row["judged"])
            }
        }
    }
}
