import Configuration
import Generation
import Logging
import Model
import Session
import Telemetry
import Transport
import Wire

extension RolloutWorker {
    /// What the next heartbeat says.
    var status: Heartbeat {
        let wait = waits.current
        return Heartbeat(
            waitingFor: wait?.cause ?? "",
            waitingMilliseconds: wait.map { UInt64((ContinuousClock.now - $0.since) / .milliseconds(1)) } ?? 0,
            versionInUse: installed, activeLeases: book.activeLeases)
    }

    /// Books what the worker waits for, if it neither generates nor has anything to generate.
    func noteWait() {
        if installed == nil {
            setWait(weights?.waitedFor ?? "welcome from learner")
        } else if book.generatingLeases.count > early.count {
            setWait(nil)
        } else if !early.isEmpty {
            setWait(weights?.waitedFor)
        } else if book.outboxCount > 0, book.credits == 0 {
            setWait("receipt from learner")
        } else if queue.pendingCount > 0, book.credits == 0 {
            setWait("verdict from \(queue.busiest ?? "any reward verifier")")
        } else {
            setWait("lease from learner")
        }
    }

    /// What the worker waits for, whether it has something else to do or not, and since when.
    var waitsUnderWay: [String: ContinuousClock.Instant] {
        var waits = Dictionary(uniqueKeysWithValues: queue.waits.map { ("verdict from \($0.key)", $0.value) })
        if let session { waits["answer from learner"] = session.silentSince }
        let others = [weights?.wait, self.waits.current.map { ($0.cause, $0.since) }]
        for wait in others.compactMap({ $0 }) { waits[wait.cause] = min(waits[wait.cause] ?? wait.since, wait.since) }
        return waits
    }

    func setWait(_ cause: String?) {
        guard cause != currentWait else { return }
        if let currentWait { waits.end(currentWait, now: .now) }
        if let cause { waits.begin(cause, now: .now) }
        currentWait = cause
    }

    /// Writes a progress line now and at every interval.
    func reportProgress() {
        Task {
            let generation = await generator?.status ?? GeneratorStatus()
            var progress = RolloutProgress(generatedTokens: meter, waits: waits, now: .now)
            progress.groupsCompleted = completedGroups
            progress.responses = completedResponses
            progress.runningSequences = generation.runningSequences
            progress.version = installed?.number
            progress.outboxGroups = book.outboxCount
            progress.outboxBytes = book.outboxBytes
            progress.dropped = drops
            log.record(progress)
        }
        let interval = Duration.seconds(settings.logging.heartbeatLogSeconds)
        context.reactor.schedule(after: interval, name: "next progress line") { [weak self] in
            self?.assumeIsolated { $0.reportProgress() }
        }
    }
}

extension GenerationLimits {
    /// Room for the worker's concurrent groups, each at its longest, and as many prompts again in the queue.
    init(_ settings: RunConfiguration, model: ModelConfiguration) {
        let sequences = settings.rollout.concurrentGroups * settings.rollout.groupSize
        let positions = min(model.maximumPositions, Self.promptAllowance + settings.rollout.maxResponseTokens)
        self.init(
            maximumRunningSequences: sequences,
            maximumBlocks: sequences * ((positions + 15) / 16 + 1),
            maximumWaitingRequests: settings.rollout.concurrentGroups * 2)
    }

    /// Prompt positions that memory is planned for; longer prompts run with fewer groups at a time.
    private static let promptAllowance = 1_024
}
