import Execution
import Foundation
import GRDB

/// Writes the records of a run to its database, many in one transaction, on a thread of its own.
///
/// Role: durability without waiting: whoever appends goes on at once and hears later how far the journal is on disk. While one
/// transaction is being synced the next gathers (group commit). Owner: the learner. Invariants: entries become durable in the
/// order in which they were appended; when the disk has no room, nothing is lost or skipped: the journal keeps its entries and
/// tries again until they are written.
package actor RunJournal {
    /// How the journal is doing; told whenever it changes.
    package enum Progress: Sendable, Equatable {
        /// Every entry up to this one survives a crash.
        case durable(sequence: UInt64)
        /// The database cannot be written now, and why; the journal tries again.
        case blocked(reason: String)
        /// The database cannot be written any more.
        case failed(reason: String)
    }

    private struct Queue {
        /// Those that the journal's thread has not taken yet.
        var entries: [JournalEntry] = []
        var nextSequence: UInt64
        var isScheduled = false
    }

    private let executor = ThreadExecutor(name: "apus-journal")
    private let database: RunDatabase
    private let life: UInt64
    private let isKept: Bool
    /// How the journal is doing. A reader that is slow misses only what later news contain.
    package nonisolated let progress: AsyncStream<Progress>
    private let report: AsyncStream<Progress>.Continuation
    private let queue: Lock<Queue>
    /// Taken from the queue, and not on disk yet.
    private var unwritten: [JournalEntry] = []
    private static let interval = Duration.milliseconds(20)
    private var lastCommit = ContinuousClock.now - interval
    private var isBlocked = false
    /// Size from which the log is taken into the main file even without a checkpoint of the run.
    private var largestLog = logAllowance
    private static let logAllowance = 256 << 20
    private var isClosed = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - life: incarnation of the learner that writes.
    ///   - isKept: false to write nothing: every entry counts as durable at once.
    package init(_ database: RunDatabase, life: UInt64, firstSequence: UInt64, isKept: Bool = true) {
        self.database = database
        self.life = life
        self.isKept = isKept
        (progress, report) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4))
        queue = Lock(Queue(nextSequence: firstSequence))
    }

    /// Adds records in this order. Returns the sequence number of the last one, which is durable once progress has reached it.
    @discardableResult
    package nonisolated func append(_ records: [RunRecord]) -> UInt64 {
        let time = Int64(Date.now.timeIntervalSince1970 * 1000)
        let (last, isFirst) = queue.withLock { queue in
            for record in records {
                queue.entries.append(JournalEntry(record, sequence: queue.nextSequence, time: time))
                queue.nextSequence += 1
            }
            let isFirst = !queue.isScheduled && !queue.entries.isEmpty
            if isFirst { queue.isScheduled = true }
            return (queue.nextSequence - 1, isFirst)
        }
        if isFirst { Task { await gather() } }
        return last
    }

    /// Commits, but not sooner after the last time than a disk needs: what comes meanwhile goes along.
    private func gather() async {
        let wait = lastCommit + Self.interval - .now
        // Nobody cancels this task.
        if wait > .zero { try? await Task.sleep(for: wait) }
        commit()
    }

    /// Takes the write-ahead log into the main file if it has grown beyond `bytes`. Returns why that could not be done now: a
    /// reader, or no room. Nothing is lost by that; the log goes on growing.
    package func absorbLog(beyond bytes: Int) -> String? {
        guard !isClosed, database.logBytes > bytes else { return nil }
        do {
            try database.absorbLog()
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Writes what is pending and closes the database. What cannot be written then is lost with the process.
    package func close() throws {
        guard !isClosed else { return }
        commit()
        // Who opens the database next finds what is in the log, too.
        _ = absorbLog(beyond: 0)
        isClosed = true
        report.finish()
        try database.close()
    }

    package nonisolated func shutdown() { executor.shutdown() }

    private func commit() {
        guard !isClosed else { return }
        var arrived: [JournalEntry] = []
        queue.withLock { queue in
            queue.isScheduled = false
            swap(&arrived, &queue.entries)
        }
        unwritten += arrived
        guard let last = unwritten.last else { return }
        lastCommit = .now
        do {
            if isKept { try database.write(unwritten, life: life) }
        } catch let error as DatabaseError where Self.isPassing(error) {
            return retry(after: error)
        } catch {
            report.yield(.failed(reason: "\(error)"))
            return
        }
        unwritten = []
        isBlocked = false
        report.yield(.durable(sequence: last.sequence))
        limitLog()
    }

    /// Keeps a run without checkpoints from growing its log for ever. Where that fails it is tried again when the log has grown
    /// as much once more: a reader costs each attempt its time.
    private func limitLog() {
        let size = database.logBytes
        guard size > largestLog else { return }
        largestLog = absorbLog(beyond: 0) == nil ? Self.logAllowance : size + Self.logAllowance
    }

    private func retry(after error: DatabaseError) {
        if !isBlocked { report.yield(.blocked(reason: Self.reason(error, database.path))) }
        isBlocked = true
        queue.withLock { $0.isScheduled = true }
        Task {
            // A second is short for whoever frees space, and long for a disk.
            try? await Task.sleep(for: .seconds(1))  // Nobody cancels this task.
            commit()
        }
    }

    /// Whether trying again may help: no space (or a quota), another process that holds a lock, an I/O error.
    private static func isPassing(_ error: DatabaseError) -> Bool {
        [.SQLITE_FULL, .SQLITE_BUSY, .SQLITE_IOERR, .SQLITE_CANTOPEN].contains(error.resultCode)
    }

    private static func reason(_ error: DatabaseError, _ path: String) -> String {
        error.resultCode == .SQLITE_FULL
            ? "the disk of \(path) is full: free some space and the run goes on"
            : "\(path) cannot be written (\(error.message ?? "\(error.resultCode)")): the run goes on when it can"
    }
}
