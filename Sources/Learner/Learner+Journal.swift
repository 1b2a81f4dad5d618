import Logging
import RunStore
import Session
import Telemetry

/// How the learner writes down what happens, and what waits for it.
extension Learner {
    func record(_ records: [RunRecord]) {
        durability.appended = journal.append(records)
    }

    /// Hears how far the journal is, until it is closed.
    func followJournal() async {
        for await progress in journal.progress { hear(progress) }
    }

    private func hear(_ news: RunJournal.Progress) {
        switch news {
        case .durable(let sequence):
            if let blockage = durability.blockage {
                log.info("journal_unblocked", metadata: ["reason": "\(blockage.reason)"])
                core.isPaused = origin != nil
            }
            for waiter in durability.advance(to: sequence) { waiter.resume() }
            confirm(durability.takeReady())
        case .blocked(let reason):
            log.error("journal_blocked", metadata: ["reason": "\(reason)"])
            durability.block(reason, now: .now)
            core.isPaused = true
            if !isTraining { setWait("room for the run's database") }
            return
        case .failed(let reason):
            ending.end(.failure(LearnerError.journal(reason)))
            return
        }
        trainIfReady()
    }

    /// Does nothing else until the journal is on disk up to `sequence`.
    func untilDurable(_ sequence: UInt64) async {
        guard durability.durable < sequence else { return }
        setWait("the run's database")
        await journalReaches(sequence)
        setWait(nil)
    }

    /// Returns once the journal is on disk up to `sequence`, while other things go on.
    func journalReaches(_ sequence: UInt64) async {
        guard durability.durable < sequence else { return }
        await withCheckedContinuation { durability.wait(for: sequence, $0) }
    }
}
