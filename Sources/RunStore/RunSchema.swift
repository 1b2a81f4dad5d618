import GRDB

/// The tables of a run's database. Users query them with any SQLite tool, so what stands here is an interface: columns are added,
/// never renamed or given another meaning (docs/run-database.md describes each).
enum RunSchema {
    /// Written to `run` as `schema_version`; a database of a later one is refused.
    static let version = 1

    static func create(_ database: Database) throws {
        try database.execute(sql: statements)
    }

    /// Adds what databases of an earlier release lack.
    static func complete(_ database: Database) throws {
        try database.execute(sql: additions)
    }

    private static let additions = """
        CREATE TABLE IF NOT EXISTS samples (
          step INTEGER NOT NULL,
          group_id INTEGER NOT NULL,
          sample INTEGER NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('best', 'worst', 'random')),
          tokens BLOB NOT NULL,
          sampler_log_probabilities BLOB NOT NULL,
          old_log_probabilities BLOB NOT NULL,
          log_probabilities BLOB NOT NULL,
          entropies BLOB NOT NULL,
          PRIMARY KEY (step, group_id, sample)
        );
        """

    private static let statements = """
        CREATE TABLE run (
          key TEXT PRIMARY KEY,
          value TEXT NOT NULL
        ) WITHOUT ROWID;

        CREATE TABLE lives (
          incarnation INTEGER PRIMARY KEY,
          started_at INTEGER NOT NULL,
          software TEXT NOT NULL,
          configuration TEXT NOT NULL
        );

        CREATE TABLE prompts (
          prompt INTEGER PRIMARY KEY,
          text TEXT NOT NULL,
          tokens BLOB NOT NULL,
          verifier TEXT NOT NULL,
          payload TEXT NOT NULL
        );

        CREATE TABLE groups (
          group_id INTEGER PRIMARY KEY,
          prompt INTEGER NOT NULL,
          batch INTEGER,
          issue INTEGER NOT NULL,
          state TEXT NOT NULL CHECK (state IN ('in_flight', 'buffered', 'trained', 'dropped')),
          failures INTEGER NOT NULL DEFAULT 0,
          drop_reason TEXT,
          worker TEXT,
          lease INTEGER,
          oldest_version INTEGER,
          newest_version INTEGER,
          responses TEXT,
          arrival INTEGER,
          step INTEGER,
          position INTEGER,
          issued_at INTEGER NOT NULL,
          accepted_at INTEGER,
          ended_at INTEGER
        );
        CREATE INDEX groups_by_step ON groups (step) WHERE step IS NOT NULL;
        CREATE INDEX groups_live ON groups (state) WHERE state IN ('in_flight', 'buffered');

        CREATE TABLE leases (
          lease INTEGER PRIMARY KEY,
          group_id INTEGER NOT NULL,
          attempt INTEGER NOT NULL,
          worker TEXT NOT NULL,
          incarnation INTEGER NOT NULL,
          exact_version INTEGER,
          granted_at INTEGER NOT NULL,
          ended_at INTEGER,
          outcome TEXT
        );
        CREATE INDEX leases_by_group ON leases (group_id);

        CREATE TABLE payloads (
          group_id INTEGER PRIMARY KEY,
          tokens BLOB NOT NULL,
          log_probabilities BLOB NOT NULL,
          texts TEXT NOT NULL,
          route_rows INTEGER,
          route_layers INTEGER,
          route_top_k INTEGER,
          experts BLOB
        );

        CREATE TABLE steps (
          step INTEGER PRIMARY KEY,
          life INTEGER NOT NULL,
          consuming_version INTEGER NOT NULL,
          version INTEGER,
          sha256 TEXT,
          report TEXT,
          outcomes TEXT,
          begun_at INTEGER NOT NULL,
          finished_at INTEGER
        );

        CREATE VIEW responses AS
          SELECT group_id, value ->> 'sample' AS sample, value ->> 'tokens' AS tokens, value -> 'spans' AS spans,
            value -> 'forced' AS forced, value ->> 'finish' AS finish, value ->> 'verdict' AS verdict, value ->> 'score' AS score,
            value ->> 'reason' AS reason, value ->> 'detail' AS detail, value ->> 'verifier' AS verifier, step
          FROM groups, json_each(groups.responses);

        CREATE VIEW verdicts AS
          SELECT group_id, sample, verifier, verdict, score, reason, detail FROM responses;

        CREATE VIEW outcomes AS
          SELECT step, value ->> 0 AS group_id, value ->> 1 AS sample, value ->> 2 AS staleness,
            value ->> 3 AS advantage, value ->> 4 AS ratio, value ->> 5 AS divergence, value ->> 6 AS clipped_fraction
          FROM steps, json_each(steps.outcomes);

        CREATE TABLE versions (
          version INTEGER PRIMARY KEY,
          sha256 TEXT NOT NULL,
          bytes INTEGER NOT NULL,
          precision TEXT NOT NULL,
          published_at INTEGER NOT NULL
        );

        CREATE TABLE members (
          role TEXT NOT NULL,
          id TEXT NOT NULL,
          incarnation INTEGER NOT NULL,
          software TEXT NOT NULL,
          joined_at INTEGER NOT NULL,
          left_at INTEGER,
          reason TEXT,
          PRIMARY KEY (role, id, incarnation)
        ) WITHOUT ROWID;

        CREATE TABLE checkpoints (
          step INTEGER PRIMARY KEY,
          path TEXT NOT NULL,
          written_at INTEGER NOT NULL
        );

        CREATE TABLE events (
          event INTEGER PRIMARY KEY,
          time INTEGER NOT NULL,
          kind TEXT NOT NULL,
          detail TEXT NOT NULL
        );
        """
}
