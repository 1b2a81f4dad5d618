import Foundation
import GRDB
import RunStore
import TestSupport
import Testing

/// What the journal calls durable survives; what it cannot write it keeps.
@Suite struct RunJournalTests {
    private func wait(for journal: RunJournal, _ sequence: UInt64) async {
        for await progress in journal.progress {
            if case .durable(let reached) = progress, reached >= sequence { return }
        }
    }

    /// Whoever reads the database at the moment of the news finds everything up to there.
    @Test func durableMeansReadableByOthers() async throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let journal = RunJournal(try fixture.open(), life: 1, firstSequence: 1)
        let reader = try RunDatabase(reading: fixture.path)
        for group in 0..<20 as Range<UInt64> {
            await wait(for: journal, journal.append(StoreFixture.life(of: group, lease: group + 1)))
            #expect(try reader.group(group).responses.count == 2)
        }
        try await journal.close()
        journal.shutdown()
    }

    /// Appended from many threads: each batch stays together and in order, and nothing is lost.
    @Test func manyWritersLoseNothing() async throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let journal = RunJournal(try fixture.open(), life: 1, firstSequence: 1)
        await withTaskGroup(of: Void.self) { writers in
            for writer in 0..<8 as Range<UInt64> {
                writers.addTask {
                    for group in writer * 50..<(writer + 1) * 50 {
                        journal.append(StoreFixture.life(of: group, lease: group + 1))
                    }
                }
            }
        }
        try await journal.close()
        journal.shutdown()
        let run = try fixture.open().restore(reissued: [], acceptedLeases: 1_000)
        #expect(run.issued == 400 && run.live.count == 400 && run.acceptedLeases.count == 400)
        #expect(run.nextSequence > 2_000)
    }

    /// Another process holds the database: the journal says so, keeps its entries, and writes them afterwards.
    @Test func aBlockedJournalKeepsItsEntriesAndGoesOn() async throws {
        let fixture = try StoreFixture()
        defer { fixture.remove() }
        let journal = RunJournal(try fixture.open(), life: 1, firstSequence: 1)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: fixture.path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let last = journal.append(StoreFixture.life(of: 1, lease: 1))
        var blocked = false
        for await progress in journal.progress {
            if case .blocked(let reason) = progress {
                blocked = true
                #expect(reason.contains(fixture.path))
                try await other.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
            }
            if progress == .durable(sequence: last) { break }
        }
        #expect(blocked)
        try await journal.close()
        journal.shutdown()
        let reopened = try fixture.open()
        #expect(try reopened.group(1).groupID == 1)
        #expect(try reopened.restore(reissued: [], acceptedLeases: 10).nextSequence == last + 1)
    }
}
