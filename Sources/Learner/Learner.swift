package import Configuration
import Foundation
import Logging
import Model
import Reward
import Session
import Telemetry
package import Transport
import Wire

/// The run's centre: leases prompts, takes back groups, trains, publishes versions.
///
/// Role: performs what `LearnerCore` decides and lets `Trainer` compute; the order of a run stands in `trainIfReady` and
/// `finish(_:_:)`. Owner: the `learner` executable. Invariant: promise 1 is asserted after every step.
package actor Learner: RoleActor {
    let reactor: Reactor
    let run: RunConfiguration
    let directory: String
    let log = Logger(label: "learner")
    let ending = RoleEnding()
    let model: ModelDirectory
    let trainer: Trainer
    let checkpoints: CheckpointStore
    var core: LearnerCore<PeerID>
    var router: RouterEndpoint?
    private var transportLog = TransportLog()
    var progress: RunProgress
    var isTraining = false
    var isEnding = false
    /// Why the run will end after the step under way; nil while it goes on.
    var endReason: String?
    var waits = WaitClock()
    var currentWait: String?
    var lastStepEnd = ContinuousClock.now
    var publishedAt: [UInt64: ContinuousClock.Instant] = [:]
    let start = ContinuousClock.now

    package nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    /// Loads the policy, or the newest whole checkpoint when `resume`.
    ///
    /// - Parameter directory: the run's directory, where endpoint, checkpoints and export go.
    package init(_ run: RunConfiguration, directory: String, resume: Bool, reactor: Reactor) throws {
        self.reactor = reactor
        self.run = run
        self.directory = directory
        checkpoints = CheckpointStore(directory: directory + "/checkpoints", keep: run.checkpoint.keep)
        let origin = try RunOrigin(run, checkpoints: checkpoints, resume: resume)
        for message in origin.remarks { log.warning("checkpoint_passed_over", metadata: ["reason": "\(message)"]) }
        model = origin.model
        progress = origin.progress
        let prompts = try TaskPrompts(
            CountdownTaskSource(settings: CountdownSettings(run.task.countdown), seed: run.run.seed),
            tokenizer: Tokenizer(json: origin.tokenizer))
        core = LearnerCore(settings: LearnerSettings(run, model: model), prompts: prompts)
        core.ledger.resume(from: origin.progress)
        trainer = Trainer(
            start: origin.state, configuration: model.configuration, settings: try TrainingSettings(run))
        let first = origin.state.policy
        _ = core.publish(first.description, content: first.frame)
    }

    package func run() async throws {
        let address = try EndpointAddress(run.cluster.learnerEndpoint)
        let router = try RouterEndpoint(reactor: reactor, bind: address, limits: run.transportLimits)
        router.onMessage = { [unowned self] peer, envelope in assumeIsolated { $0.receive(envelope, from: peer) } }
        router.onDisconnect = { [unowned self] peer in assumeIsolated { $0.disconnected(peer) } }
        router.onEvent = { [unowned self] event in assumeIsolated { $0.note(event) } }
        self.router = router
        try AtomicFile.write(Array("\(router.boundAddress)\n".utf8), to: directory + "/endpoint")
        logStart(router.boundAddress)
        tick()
        defer { trainer.shutdown() }
        try await ending.wait()
    }

    /// Ends the run after the step under way, as after its last step.
    package func stop() {
        end(reason: "terminated")
    }

    // MARK: Performing

    private func receive(_ envelope: Envelope, from peer: PeerID) {
        perform(core.receive(envelope, from: peer, now: .now))
    }

    private func note(_ event: TransportEvent) {
        transportLog.tell(event, log: log)
    }

    private func disconnected(_ peer: PeerID) {
        perform(core.disconnected(peer))
    }

    func perform(_ actions: [LearnerCore<PeerID>.Action]) {
        for action in actions {
            switch action {
            case .send(let message, let peer, let inReplyTo): send(message, to: peer, inReplyTo: inReplyTo)
            case .report(let event): report(event)
            }
        }
        trainIfReady()
    }

    private func send(_ message: Message, to peer: PeerID, inReplyTo: UInt64) {
        do throws(TransportError) {
            try router?.send(message, to: peer, inReplyTo: inReplyTo)
        } catch {
            // Whoever matters asks again: every message of the learner answers, or is repeated by a heartbeat.
            log.debug("not_sent", metadata: ["peer": "\(peer)", "reason": "\(error)"])
        }
    }

    /// Four times a second: ends what time has ended, and looks whether a step can begin.
    private func tick() {
        guard !isEnding else { return }
        perform(core.tick(now: .now))
        if run.run.stopAfterSeconds > 0, .now - start > .seconds(run.run.stopAfterSeconds) { end(reason: "time") }
        reactor.schedule(after: .milliseconds(250), name: "learner tick") { [weak self] in
            self?.assumeIsolated { $0.tick() }
        }
    }

    // MARK: Training

    /// Starts the next step if its batch is there; else notes what the learner waits for.
    private func trainIfReady() {
        guard !isTraining, !isEnding, endReason == nil else { return }
        let (batch, events) = core.takeBatch()
        for event in events { report(event) }
        guard let batch else { return setWait(core.hasWorkers ? "groups from workers" : "any rollout worker") }
        setWait(nil)
        isTraining = true
        Task { await train(batch) }
    }

    private func train(_ batch: [Experience]) async {
        do {
            let (report, policy) = try await trainer.step(batch)
            try finish(batch.map(\.groupID), report, policy)
            if isCheckpointDue { try await writeCheckpoint() }
        } catch {
            return ending.end(.failure(error))
        }
        isTraining = false
        if progress.step >= run.run.steps { end(reason: "steps") }
        if let endReason { return await conclude(endReason) }
        trainIfReady()
    }

    /// Books a step, publishes its policy, and asserts what was promised.
    private func finish(_ groups: [UInt64], _ report: StepReport, _ policy: PolicySnapshot) throws {
        core.finishStep(groups)
        progress.book(report, policy: policy, ledger: core.ledger)
        publishedAt[policy.version] = .now
        let actions = core.publish(policy.description, content: policy.frame)
        logStep(report)
        perform(actions)
        let accounts = core.ledger.conservation
        guard accounts.holds else { throw LearnerError.conservation(accounts) }
        guard report.audit.mismatches == 0 else {
            throw LearnerError.logProbabilitiesDiffer(report.audit, step: progress.step)
        }
    }

    private var isCheckpointDue: Bool {
        let every = run.checkpoint.everySteps
        return every > 0 && progress.step % every == 0 && progress.step < run.run.steps
    }

    // MARK: Ending

    private func end(reason: String) {
        guard endReason == nil else { return }
        endReason = reason
        if !isTraining { Task { await conclude(reason) } }
    }

    /// Writes the last checkpoint and the export, lets the members go, and ends.
    private func conclude(_ reason: String) async {
        guard !isEnding else { return }
        isEnding = true
        setWait(nil)
        do {
            try await writeCheckpoint()
            try model.with(await trainer.policy).save(to: directory + "/export")
        } catch {
            return ending.end(.failure(error))
        }
        core.stop()
        logFinished(reason)
        await waitForMembersToLeave()
        ending.end()
    }

    private func writeCheckpoint() async throws {
        try await trainer.writeCheckpoint(progress, model: model, to: checkpoints)
        log.info(
            "checkpoint",
            metadata: ["step": .number(progress.step), "path": "\(checkpoints.path(step: progress.step))"])
    }

    private func waitForMembersToLeave() async {
        let deadline = ContinuousClock.now + .seconds(run.cluster.shutdownTimeoutSeconds)
        while !core.membership.members.isEmpty, .now < deadline {
            await withCheckedContinuation { continuation in
                reactor.schedule(after: .milliseconds(50), name: "members leaving") { continuation.resume() }
            }
        }
    }
}
