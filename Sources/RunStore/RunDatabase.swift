import Foundation
import GRDB
import Glibc

/// A run's database, `run.sqlite`: what was issued, leased, accepted, trained, published, and by whom.
///
/// Owner: the learner, which alone writes it; anybody may read it meanwhile. Synchronous: to be used where blocking is allowed.
/// Invariant: a transaction that `write` completed survives a crash of the process and, if so opened, of the machine.
///
/// It is in write-ahead-log mode, and the log is taken into the main file at `absorbLog` only: until then both files grow at
/// their ends, so that even a plain copy of the two is a valid state.
package final class RunDatabase: Sendable {
    package let path: String
    let queue: DatabaseQueue
    /// Held by the one learner that may write; given back by the system when its process ends, however it ends.
    private let lock: FileHandle?

    /// Where the database of a run lies.
    package static func path(run directory: String) -> String { directory + "/run.sqlite" }

    /// Opens the database of a run for writing, and makes it if there is none.
    ///
    /// - Parameter survivesPowerLoss: whether `write` waits for the disk, not only for the operating system.
    package init(path: String, run name: String, seed: UInt64, survivesPowerLoss: Bool = true) throws {
        self.path = path
        lock = try Self.lock(path)
        do {
            queue = try DatabaseQueue(
                path: path, configuration: Self.configuration(synchronous: survivesPowerLoss ? "FULL" : "OFF"))
            try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try queue.write { database in
                guard try !database.tableExists("run") else { return try RunSchema.complete(database) }
                try RunSchema.create(database)
                try RunSchema.complete(database)
                let facts = ["schema_version": "\(RunSchema.version)", "name": name, "seed": "\(seed)"]
                for (key, value) in facts {
                    try database.execute(sql: "INSERT INTO run VALUES (?, ?)", arguments: [key, value])
                }
            }
        } catch let error as DatabaseError {
            // A path that cannot be opened at all does not become right by waiting.
            throw [.SQLITE_FULL, .SQLITE_IOERR].contains(error.resultCode)
                ? RunStoreError.noRoom(path: path, reason: error.message ?? "\(error.resultCode)")
                : RunStoreError.notADatabase(path: path, reason: error.expandedDescription)
        }
        try checkFacts(run: name)
        try checkFile()
    }

    /// Opens a run's database to look at it; the run may be going on.
    ///
    /// - Parameter isChecked: whether all of the file is read to find damage. While that lasts, the learner cannot take the log
    ///   into the main file; who only looks leaves it out.
    package init(reading path: String, isChecked: Bool = true) throws {
        self.path = path
        lock = nil
        guard FileManager.default.fileExists(atPath: path) else { throw RunStoreError.missing(path: path) }
        var configuration = Self.configuration(synchronous: "FULL")
        configuration.readonly = true
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
        } catch let error as DatabaseError {
            throw RunStoreError.notADatabase(path: path, reason: error.expandedDescription)
        }
        try checkFacts(run: nil)
        if isChecked { try checkFile() }
    }

    /// Writes records in one transaction; on return they are on disk.
    package func write(_ entries: some Sequence<JournalEntry>, life: UInt64) throws {
        try queue.write { database in
            let writer = RecordWriter(database: database, life: life)
            for entry in entries { try writer.write(entry) }
        }
    }

    /// Takes the write-ahead log into the main file, so that it can begin anew.
    package func absorbLog() throws {
        try queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }

    package var logBytes: Int {
        // Before the first transaction there is no log.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }

    package func close() throws {
        try queue.close()
        guard let lock else { return }
        // By itself, not with the descriptor: a process that is just being started may have a copy of it for another moment.
        flock(lock.fileDescriptor, LOCK_UN)
        try lock.close()
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        do {
            return try queue.read(body)
        } catch let error as DatabaseError {
            throw RunStoreError.damaged(path: path, what: error.expandedDescription)
        }
    }

    /// A value that must be there and whole.
    func require<Value>(_ value: Value?, _ what: @autoclosure () -> String) throws(RunStoreError) -> Value {
        guard let value else { throw .damaged(path: path, what: what()) }
        return value
    }

    private static func lock(_ path: String) throws -> FileHandle {
        let descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw RunStoreError.notADatabase(path: path, reason: String(cString: strerror(errno)))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw RunStoreError.inUse(path: path) }
        return handle
    }

    private static func configuration(synchronous: String) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = \(synchronous)")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        return configuration
    }

    private func checkFacts(run name: String?) throws {
        let facts = try read { database in
            try Row.fetchAll(database, sql: "SELECT key, value FROM run").reduce(into: [String: String]()) {
                $0[$1["key"]] = $1["value"]
            }
        }
        let schema = try require(facts["schema_version"], "it names no schema version")
        guard Int(schema) ?? .max <= RunSchema.version else {
            throw RunStoreError.laterSchema(path: path, found: schema, supported: RunSchema.version)
        }
        if let name, let found = facts["name"], found != name {
            throw RunStoreError.anotherRun(path: path, found: found, expected: name)
        }
    }

    private func checkFile() throws {
        let verdict = try read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        guard verdict == "ok" else { throw RunStoreError.damaged(path: path, what: verdict ?? "no answer to a check") }
    }
}
