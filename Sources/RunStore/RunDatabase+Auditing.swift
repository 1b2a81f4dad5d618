import GRDB

extension RunDatabase {
    /// Examines everything that the database says of the run against what is promised; the run may be going on.
    package func audit() throws -> RunAudit {
        try read { database in
            RunAudit(checks: try Self.promises.map { try $0.check(database) })
        }
    }

    /// A promise as two queries: the rows it is about, and those that break it, each with a text that names it.
    private struct Promise {
        let sentence: String
        let examined: String
        let violations: String
        private static let exampleCount = 5

        func check(_ database: Database) throws -> RunAudit.Check {
            RunAudit.Check(
                promise: sentence, examined: try Int.fetchOne(database, sql: examined) ?? 0,
                violations: try Int.fetchOne(database, sql: "SELECT count(*) FROM (\(violations))") ?? 0,
                examples: try String.fetchAll(database, sql: "\(violations) LIMIT \(Self.exampleCount)"))
        }
    }

    private static let promises = [
        Promise(
            sentence: "Every group is trained, dropped for a reason, buffered or in flight",
            examined: "SELECT count(*) FROM groups",
            violations: """
                SELECT 'group ' || group_id || ', ' || state FROM groups WHERE CASE state
                  WHEN 'trained' THEN step IS NULL OR accepted_at IS NULL
                  WHEN 'buffered' THEN accepted_at IS NULL
                  WHEN 'in_flight' THEN accepted_at IS NOT NULL
                  ELSE drop_reason IS NULL OR step IS NOT NULL END
                """),
        Promise(
            sentence: "Issued = trained + dropped + buffered + in flight, at every step",
            examined: "SELECT count(*) FROM steps WHERE report IS NOT NULL",
            violations:
                "SELECT 'step ' || step FROM steps WHERE report IS NOT NULL AND (report ->> 'conservation_ok') IS NOT 1"
        ),
        Promise(
            sentence: "No group is trained in two steps",
            examined: "SELECT count(*) FROM groups WHERE state = 'trained'",
            violations: """
                SELECT 'group ' || group_id || ' in ' || count(DISTINCT step) || ' steps' FROM outcomes
                GROUP BY group_id HAVING count(DISTINCT step) > 1
                """),
        Promise(
            sentence: "No prompt is trained twice",
            examined: "SELECT count(DISTINCT prompt) FROM groups WHERE state = 'trained'",
            violations: """
                SELECT 'prompt ' || prompt || ' in groups ' || group_concat(group_id, ', ') FROM groups
                WHERE state = 'trained' GROUP BY prompt HAVING count(*) > 1
                """),
        Promise(
            sentence: "A trained group was accepted once, under one lease",
            examined: "SELECT count(*) FROM groups WHERE state = 'trained'",
            violations: """
                SELECT 'group ' || group_id FROM groups WHERE state = 'trained' AND 1 != (
                  SELECT count(*) FROM leases WHERE leases.group_id = groups.group_id AND outcome = 'submitted')
                """),
        Promise(
            sentence: "Steps follow one another without a gap",
            examined: "SELECT count(*) FROM steps",
            violations: """
                SELECT 'step ' || step FROM steps WHERE step > (SELECT min(step) FROM steps)
                  AND step - 1 NOT IN (SELECT step FROM steps WHERE finished_at IS NOT NULL)
                """),
        Promise(
            sentence: "Each step's weights are those of the version that it published",
            examined: "SELECT count(*) FROM steps WHERE finished_at IS NOT NULL",
            violations: """
                SELECT 'step ' || step FROM steps LEFT JOIN versions USING (version)
                WHERE finished_at IS NOT NULL AND steps.sha256 IS NOT versions.sha256
                """),
        Promise(
            sentence: "No token is trained by a version older than itself, nor staler than its group says",
            examined: "SELECT count(*) FROM outcomes",
            violations: """
                SELECT 'group ' || outcomes.group_id || ', response ' || sample FROM outcomes
                JOIN groups USING (group_id) JOIN steps ON steps.step = outcomes.step
                WHERE newest_version > consuming_version OR staleness > consuming_version - oldest_version OR staleness < 0
                """),
        Promise(
            sentence: "An unknown verdict is never a score",
            examined: "SELECT count(*) FROM verdicts",
            violations: """
                SELECT 'group ' || group_id || ', response ' || sample FROM verdicts
                WHERE (verdict = 'unknown') = (score IS NOT NULL)
                """),
    ]
}
