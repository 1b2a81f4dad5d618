import GRDB

/// The tables of a run's database. Users query them with any SQLite tool, so what stands here is an interface: columns are added,
/// never renamed or given another meaning (docs/run-database.md describes each).
enum RunSchema {
    /// Written to `run` as `schema_version`; a database of a later one is refused.
    static let version = 1

    static func create(_ database: Database) throws {
        try database.execute(sql: statements)
    }

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
          attempts INTEGER NOT NULL DEFAULT 0,
          failures INTEGER NOT NULL DEFAULT 0,
          drop_reason TEXT,
          worker TEXT,
          lease INTEGER,
          oldest_version INTEGER,
          newest_version INTEGER,
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

        CREATE TABLE responses (
          group_id INTEGER NOT NULL,
          sample INTEGER NOT NULL,
          token_count INTEGER NOT NULL,
          spans TEXT NOT NULL,
          finish TEXT NOT NULL,
          verdict TEXT NOT NULL,
          score REAL,
          reason TEXT,
          detail TEXT,
          verifier TEXT,
          staleness INTEGER,
          advantage REAL,
          ratio REAL,
          divergence REAL,
          clipped_fraction REAL,
          PRIMARY KEY (group_id, sample)
        ) WITHOUT ROWID;

        CREATE TABLE payloads (
          group_id INTEGER NOT NULL,
          sample INTEGER NOT NULL,
          text TEXT,
          tokens BLOB NOT NULL,
          log_probabilities BLOB NOT NULL,
          PRIMARY KEY (group_id, sample)
        ) WITHOUT ROWID;

        CREATE TABLE routes (
          group_id INTEGER PRIMARY KEY,
          rows INTEGER NOT NULL,
          layers INTEGER NOT NULL,
          top_k INTEGER NOT NULL,
          experts BLOB NOT NULL
        );

        CREATE VIEW verdicts AS
          SELECT group_id, sample, verifier, verdict, score, reason, detail FROM responses;

        CREATE TABLE steps (
          step INTEGER PRIMARY KEY,
          life INTEGER NOT NULL,
          consuming_version INTEGER NOT NULL,
          version INTEGER,
          sha256 TEXT,
          report TEXT,
          begun_at INTEGER NOT NULL,
          finished_at INTEGER
        );

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
