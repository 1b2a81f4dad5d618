import Configuration
import Glibc
import Logging
import Model
import RunStore
import Session
import Telemetry
import Transport

/// Checkpoints, and how a run ends.
extension Learner {
    var isCheckpointDue: Bool {
        let every = run.checkpoint.everySteps
        return every > 0 && progress.step % every == 0 && progress.step < run.run.steps
    }

    /// Copies the state and has it written while training goes on; the next one is left out if that takes too long.
    func beginCheckpoint() async throws {
        guard !isWritingCheckpoint else {
            return log.warning("checkpoint_left_out", metadata: ["step": .number(progress.step)])
        }
        isWritingCheckpoint = true
        let content = try await checkpointContent()
        let place = durability.appended
        Task {
            do {
                // Never ahead of the journal: who goes on from it would train its last batches again.
                await journalReaches(place)
                try await write(content)
            } catch {
                // The run needs no checkpoint to go on; the journal has everything since the last one.
                log.error(
                    "checkpoint_failed",
                    metadata: ["step": .number(content.progress.step), "reason": "\(error)"])
            }
            isWritingCheckpoint = false
        }
    }

    private func checkpointContent() async throws -> CheckpointContent {
        try await trainer.checkpoint(
            progress, model: model, earlier: Array(versions.dropLast()), configuration: run.resolvedYAML)
    }

    private func write(_ content: CheckpointContent) async throws {
        try await checkpointWriter.write(content)
        let step = content.progress.step
        let path = checkpoints.path(step: step)
        log.info("checkpoint", metadata: ["step": .number(step), "path": "\(path)"])
        record([.checkpoint(step: step, path: path)])
        if run.journal.payloads == .resume, let oldest = try await checkpointWriter.oldestStep() {
            record([.prunePayloads(throughStep: oldest)])
        }
        if let reason = await journal.absorbLog(beyond: 64 << 20) {
            log.warning("log_not_absorbed", metadata: ["reason": "\(reason)"])
        }
    }

    // MARK: Ending

    func end(reason: String) {
        guard endReason == nil else { return }
        endReason = reason
        // Before the policy is back there is nothing to conclude: the journal has it all.
        if !isTraining, origin == nil { Task { await conclude(reason) } }
        if origin != nil { ending.end() }
    }

    /// Writes the last checkpoint and the export, lets the members go, and ends.
    func conclude(_ reason: String) async {
        guard !isEnding else { return }
        isEnding = true
        do {
            let content = try await checkpointContent()
            await untilDurable(durability.appended)
            try await writeLast(content)
        } catch {
            return ending.end(.failure(error))
        }
        setWait(nil)
        core.stop()
        logFinished(reason)
        await waitForMembersToLeave()
        await untilDurable(durability.appended)
        ending.end()
    }

    /// Writes checkpoint and export; where there is no room, again until there is.
    private func writeLast(_ content: CheckpointContent) async throws {
        while true {
            do {
                while isWritingCheckpoint { await pause(.milliseconds(20)) }
                try await write(content)
                return try await checkpointWriter.export(content, to: directory + "/export")
            } catch let error where Self.isDiskFull(error) {
                log.error("checkpoint_failed", metadata: ["step": .number(progress.step), "reason": "\(error)"])
                setWait("room for the last checkpoint")
                await pause(.seconds(1))
            }
        }
    }

    private static func isDiskFull(_ error: any Error) -> Bool {
        let code =
            switch error {
            case let error as FileError: error.code
            case ModelDirectoryError.file(let error): error.code
            default: Int32(0)
            }
        return code == ENOSPC || code == EDQUOT
    }

    private func waitForMembersToLeave() async {
        let deadline = ContinuousClock.now + .seconds(run.cluster.shutdownTimeoutSeconds)
        while !core.membership.members.isEmpty, .now < deadline { await pause(.milliseconds(50)) }
    }

    private func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            reactor.schedule(after: duration, name: "end of the run") { continuation.resume() }
        }
    }
}
