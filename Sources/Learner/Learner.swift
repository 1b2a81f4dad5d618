package import Configuration
import Execution
import Foundation
import Logging
import Model
import Reward
import RunStore
import Session
import Telemetry
package import Transport
import Wire

/// The run's centre: leases prompts, takes back groups, trains, publishes versions.
///
/// Role: performs what `LearnerCore` decides, writes it to the journal and lets `Trainer` compute; the order of a run stands in
/// `trainIfReady` and `finish(_:_:_:)`. Owner: the `learner` executable. Invariants: promise 1 is asserted after every step;
/// nothing is confirmed to others, and no version published, that a crash could undo.
package actor Learner: RoleActor {
    let reactor: Reactor
    let run: RunConfiguration
    let directory: String
    let log = Logger(label: "learner")
    let ending = RoleEnding()
    let model: ModelDirectory
    let settings: TrainingSettings
    /// What the reference penalty holds on to; nil without one.
    let reference: PolicySnapshot?
    let trainer: Trainer
    let database: RunDatabase
    let journal: RunJournal
    let checkpoints: CheckpointStore
    let checkpointWriter: CheckpointWriter
    var core: LearnerCore<PeerID>
    var router: RouterEndpoint?
    private var transportLog = TransportLog()
    /// What was found in the run's directory; nil once the run goes on from there.
    var origin: RunOrigin?
    var progress: RunProgress
    /// The versions that leases may name, oldest first, the present one last.
    var versions: [PolicySnapshot]
    var durability = Durability<Confirmation>()
    var isTraining = false
    var isWritingCheckpoint = false
    var isEnding = false
    /// Why the run will end after the step under way; nil while it goes on.
    var endReason: String?
    var waits = WaitClock()
    var currentWait: String?
    private var stalls: StallReporter?
    var lastStepEnd = ContinuousClock.now
    var publishedAt: [UInt64: ContinuousClock.Instant] = [:]
    let start = ContinuousClock.now

    /// An answer that waits until what it confirms is on disk.
    struct Confirmation: Sendable {
        let message: Message
        let peer: PeerID
        let inReplyTo: UInt64
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    /// Loads the policy and opens the run's journal; with `resume` goes on from the newest whole checkpoint and the journal.
    ///
    /// - Parameter directory: the run's directory, where journal, endpoint, checkpoints and export go.
    package init(_ run: RunConfiguration, directory: String, resume: Bool, reactor: Reactor) throws {
        self.reactor = reactor
        self.run = run
        self.directory = directory
        let origin = try RunOrigin(run, directory: directory, resume: resume)
        for message in origin.remarks { log.warning("checkpoint_passed_over", metadata: ["reason": "\(message)"]) }
        model = origin.model
        database = origin.database
        checkpoints = CheckpointStore(directory: directory + "/checkpoints", keep: run.checkpoint.keep)
        checkpointWriter = CheckpointWriter(checkpoints)
        progress = origin.progress
        versions = origin.earlier + [origin.state.policy]
        let encoder = try PromptEncoder(Tokenizer(json: origin.tokenizer), chat: ChatSettings(run.rollout.chat))
        let tasks = try TaskSources(
            run.task, seed: run.run.seed, encoder: encoder,
            longestPrompt: model.configuration.longestPrompt(before: run.rollout.maxResponseTokens))
        for file in tasks.files { log.info("dataset", metadata: file.metadata) }
        let prompts = try TaskPrompts(tasks.source, encoder: encoder)
        let decisions = LearnerSettings(
            run, model: model, thinkingBudget: try LeasedThinkingBudget(run.rollout.chat, encoder))
        core = LearnerCore(settings: decisions, prompts: prompts)
        try core.goOn(from: origin)
        journal = RunJournal(
            database, life: decisions.incarnation, firstSequence: origin.stored.nextSequence,
            isKept: run.journal.durability != .none)
        settings = try TrainingSettings(run)
        try settings.validate(model.configuration)
        reference = origin.reference
        trainer = Trainer(
            start: origin.state, reference: origin.reference, configuration: model.configuration, settings: settings,
            dumpDirectory: directory + "/nonfinite")
        self.origin = origin
    }

    package func run() async throws {
        defer {
            trainer.shutdown()
            checkpointWriter.shutdown()
            journal.shutdown()
        }
        Task { await followJournal() }
        record([
            .life(
                LifeRecord(
                    incarnation: core.settings.incarnation, software: "apus \(ApusVersion.current)",
                    configuration: run.resolvedJSON))
        ])
        let address = try EndpointAddress(run.cluster.learnerEndpoint)
        let router = try RouterEndpoint(
            reactor: reactor, bind: address,
            admitting: [.rolloutWorker, .rewardVerifier, .parameterBroadcaster, .tool], limits: run.transportLimits)
        router.onMessage = { [unowned self] peer, envelope in assumeIsolated { $0.receive(envelope, from: peer) } }
        router.onDisconnect = { [unowned self] peer in assumeIsolated { $0.disconnected(peer) } }
        router.onEvent = { [unowned self] event in assumeIsolated { $0.note(event) } }
        self.router = router
        try announce(router.boundAddress)
        logStart(router.boundAddress)
        stalls = StallReporter(
            reactor: reactor, log: log, threshold: .seconds(run.logging.stallSeconds),
            members: { [unowned self] in assumeIsolated { $0.core.membership.waits } },
            waits: { [unowned self] in assumeIsolated { $0.waitsUnderWay } })
        tick()
        Task { await begin() }
        try await ending.wait()
        try await journal.close()
    }

    /// Writes where the learner listens, unless that stands there already: a full disk must not keep a learner from going on.
    private func announce(_ address: EndpointAddress) throws {
        let (path, content) = (directory + "/endpoint", Data("\(address)\n".utf8))
        guard FileManager.default.contents(atPath: path) != content else { return }
        try AtomicFile.write(Array(content), to: path)
    }

    /// Ends the run after the step under way, as after its last step.
    package func stop() {
        end(reason: "terminated")
    }

    // MARK: Performing

    private func receive(_ envelope: Envelope, from peer: PeerID) {
        perform(core.receive(envelope, from: peer, key: router?.identity(of: peer), now: .now))
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
            case .confirm(let message, let peer, let inReplyTo):
                durability.hold(Confirmation(message: message, peer: peer, inReplyTo: inReplyTo))
            case .record(let records): record(records)
            case .report(let event): report(event)
            }
        }
        confirm(durability.takeReady())
        trainIfReady()
    }

    func confirm(_ confirmations: [Confirmation]) {
        for answer in confirmations { send(answer.message, to: answer.peer, inReplyTo: answer.inReplyTo) }
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
    func trainIfReady() {
        guard !isTraining, !isEnding, endReason == nil, origin == nil, durability.blockage == nil else { return }
        let (batch, actions) = core.takeBatch()
        for action in actions {
            if case .record(let records) = action { record(records) }
            if case .report(let event) = action { report(event) }
        }
        guard let batch else { return setWait(core.hasWorkers ? "groups from workers" : "any rollout worker") }
        setWait(nil)
        isTraining = true
        let decision = durability.appended
        Task { await train(batch, decision: decision) }
    }

    /// - Parameter decision: place in the journal of the decision for this batch.
    private func train(_ batch: [Experience], decision: UInt64) async {
        do {
            let (report, policy) = try await trainer.step(batch)
            // A version that others saw must come out again after a crash, so its batch has to be known then.
            await untilDurable(decision)
            try finish(batch.map(\.groupID), report, policy)
            if isCheckpointDue { try await beginCheckpoint() }
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
        progress.book(report, policy: policy)
        let finished = core.finishStep(groups, FinishedStep(progress, report, line: logStep(report)))
        progress.note(core.ledger)
        HoldPoint.publication.reach()
        publish(policy, after: finished)
        let accounts = core.ledger.conservation
        guard accounts.holds else { throw LearnerError.conservation(accounts) }
        guard report.audit.mismatches == 0 else {
            throw LearnerError.logProbabilitiesDiffer(report.audit, step: progress.step)
        }
    }

    func publish(_ policy: PolicySnapshot, after actions: [LearnerCore<PeerID>.Action] = []) {
        keep(policy)
        publishedAt[policy.version] = .now
        perform(actions + core.publish(policy.description, content: policy.frame))
    }

    /// Remembers a version for as long as leases may name it.
    func keep(_ policy: PolicySnapshot) {
        versions.removeAll { $0.version >= policy.version }
        versions = versions.suffix(run.schedule.kind == .lockstep ? run.schedule.lag : 0) + [policy]
    }
}
