import Configuration
import Logging
import Model
package import RunStore
import Session
import Telemetry

/// How the learner goes on from what it found: steps that are newer than the checkpoint are done again, from the journal.
extension Learner {
    /// Brings the policy back to where the journal ends, then opens the run.
    func begin() async {
        guard let origin else { return }
        do {
            for (index, step) in origin.redo.enumerated() {
                guard endReason == nil else { break }
                setWait("recovery of step \(step.number)")
                try await redo(step, from: origin)
                logRedone(step, count: index + 1, of: origin.redo.count)
            }
        } catch {
            return ending.end(.failure(error))
        }
        setWait(nil)
        self.origin = nil
        for policy in versions { publish(policy) }
        core.isPaused = durability.blockage != nil
        if progress.step >= run.run.steps { end(reason: "steps") }
        trainIfReady()
    }

    private func redo(_ step: StoredRun.Step, from origin: RunOrigin) async throws {
        let reader = BatchReader(database: database, hashes: origin.stored.hashes)
        let (report, policy) = try await trainer.step { try reader.batch(step) }
        try StepVerification(database: database, run: run).check(policy, of: step)
        progress.book(report, policy: policy)
        progress.note(core.ledger)
        keep(policy)
    }

    private func logRedone(_ step: StoredRun.Step, count: Int, of total: Int) {
        let elapsed = (ContinuousClock.now - start).inSeconds
        log.info(
            "step_redone",
            metadata: [
                "step": .number(step.number), "sha256": "\(progress.sha256)", "redone": .number(count),
                "of": .number(total), "remaining_seconds": .number(elapsed / Double(count) * Double(total - count)),
            ])
    }
}

extension LearnerCore {
    /// Takes up what `origin` found; nothing is leased until the policy is there.
    mutating func goOn(from origin: RunOrigin) throws {
        isPaused = true
        if origin.isWithoutJournal {
            ledger.begin(at: origin.progress)
        } else {
            try goOn(from: origin.database, origin.stored, now: .now)
        }
    }

    /// Takes up the ledger that a journal holds, and the groups that wait to be trained.
    package mutating func goOn(from database: RunDatabase, _ run: StoredRun, now: ContinuousClock.Instant) throws {
        let reader = BatchReader(database: database, hashes: run.hashes)
        let buffered = run.live.filter { $0.oldestVersion != nil }.map(\.groupID)
        // Last in the journal stands the step that was under way, if one was.
        let decided = try database.steps(after: run.lastStep).first?.groupIDs
        let verdicts =
            settings.curriculum == nil ? [] : try database.verdicts(withDropped: DropReason.uninformative.rawValue)
        restore(
            run, experiences: try buffered.map(reader.experience), decided: decided, verdicts: verdicts, now: now)
    }
}
