import Configuration
import Generation
import Logging
package import Session
import Telemetry
import Transport
import Wire

/// Owns trajectories from lease to receipt: generates, has them judged, submits them, keeps them until they are accepted.
///
/// Role: glue between its parts, each of which decides one thing: `GroupBook` (life of a group), `VerificationQueue` (who
/// judges), `WeightFollower` (which version), `Generator` (the computing). Owner: the `rollout-worker` executable.
/// Invariant: what was generated is submitted until a receipt comes or the lease is lost; nothing else is forgotten.
package actor RolloutWorker: RoleActor {
    let context: MemberContext
    let log = Logger(label: "rollout-worker")
    private let threads: Int?
    let ending = RoleEnding()
    var session: LearnerSession?
    var verifiers: VerifierLinks?
    var weights: WeightFollower?
    var generator: Generator?
    var settings = RunConfiguration()
    var book = GroupBook(limits: .init(concurrentGroups: 1, outboxGroups: 1, outboxBytes: 1, resendAfter: .seconds(1)))
    var queue = VerificationQueue(credits: 64, maximumAttempts: nil, maximumCrashes: 1)
    /// The newest version in use: leases without an exact version go on with it.
    var installed: VersionIdentity?
    /// Granted leases whose version is not loaded yet.
    var early: [Lease] = []
    private var learnerIncarnation: UInt64?
    private var stalls: StallReporter?
    var isAskingForLeases = false
    /// Leases are asked for again from then on.
    var leasesNotBefore = ContinuousClock.now
    /// Calls `proceed` when a pause of requests is over.
    let alarm: Alarm
    var isLeaving = false
    var meter = RateMeter(start: .now)
    var waits = WaitClock()
    var currentWait: String?
    var completedGroups = 0
    var completedResponses = 0
    var drops = ReasonCounter()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.reactor.asUnownedSerialExecutor() }

    /// - Parameter threads: compute threads; nil takes the run's `rollout.threads`.
    package init(_ context: MemberContext, threads: Int?) {
        self.context = context
        self.threads = threads
        alarm = Alarm(reactor: context.reactor, name: "end of a pause")
    }

    package func run() async throws {
        let session = try LearnerSession(
            reactor: context.reactor, learner: context.learner, hello: context.hello(.rolloutWorker))
        alarm.onFire = { [unowned self] in assumeIsolated { $0.proceed() } }
        session.onJoined = { [unowned self] welcome in assumeIsolated { $0.joined(welcome) } }
        session.onNews = { [unowned self] news in assumeIsolated { $0.hear(news) } }
        session.onEnded = { [ending] in ending.end(.failure($0)) }
        session.status = { [unowned self] in assumeIsolated { $0.status } }
        self.session = session
        session.start()
        setWait("welcome from learner")
        defer { generator?.shutdown() }
        try await ending.wait()
        log.record(Finished(reason: "run_ended"))
    }

    /// Hands unfinished leases back and waits, within the run's shutdown time, for the receipts of finished groups.
    package func stop() async {
        guard !isLeaving else { return }
        isLeaving = true
        let unfinished = book.activeLeases.filter { book.isUnfinished($0) }
        for leaseID in unfinished { abandon(leaseID, reason: "leaving") }
        if !unfinished.isEmpty { send(.leaseReturn(LeaseReturn(leaseIDs: unfinished, reason: "worker leaves"))) }
        context.reactor.schedule(after: .seconds(settings.cluster.shutdownTimeoutSeconds / 2), name: "last receipts") {
            [weak self] in self?.assumeIsolated { $0.leave() }
        }
        leaveIfDone()
    }

    // MARK: Membership

    /// The first welcome sets the worker up; later ones mean that the learner or the connection was restarted.
    private func joined(_ welcome: Welcome) {
        if generator == nil {
            do {
                try setUp(WorkerAssets(welcome))
            } catch {
                return ending.end(.failure(error))
            }
            log.info("joined", metadata: ["run": "\(welcome.runID)", "learner": "\(context.learner)"])
        }
        if learnerIncarnation != welcome.learnerIncarnation {
            learnerIncarnation = welcome.learnerIncarnation
            weights?.startOver(at: welcome.newest)
            giveBackUnheld()
            // A learner that went back stands at a version which this worker may not have.
            if let newest = welcome.newest, let installed, newest.number < installed.number { self.installed = nil }
        }
        follow(welcome.members, newest: welcome.newest)
        for submission in book.takeResends(now: .now, all: true) { submit(submission) }
        proceed()
    }

    private func setUp(_ assets: WorkerAssets) throws {
        settings = assets.run
        session?.settings = settings.sessionSettings
        book = GroupBook(
            limits: .init(
                concurrentGroups: settings.rollout.concurrentGroups, outboxGroups: settings.rollout.outboxGroups,
                outboxBytes: settings.rollout.outboxBytes,
                resendAfter: .seconds(settings.cluster.requestTimeoutSeconds)))
        queue = VerificationQueue(
            credits: 64, maximumAttempts: settings.verificationAttempts,
            maximumCrashes: settings.rollout.verifyAttempts)
        let limits = settings.transportLimits
        verifiers = VerifierLinks(reactor: context.reactor, limits: limits)
        let weights = WeightFollower(
            reactor: context.reactor, limits: limits, settings: settings.fetchSettings,
            spread: Int(truncatingIfNeeded: context.incarnation & 0xFFFF))
        weights.onWeights = { [unowned self] version, bytes in
            assumeIsolated { worker in
                _ = Task { await worker.install(version, bytes) }
            }
        }
        weights.onTrouble = { [log] member, error in
            log.warning("broadcaster_failed", metadata: ["broadcaster": "\(member.id)", "reason": "\(error)"])
        }
        self.weights = weights
        generator = Generator(
            assets, threads: threads ?? settings.rollout.threads,
            limits: GenerationLimits(settings, model: assets.configuration), delegate: self)
        reportProgress()
        stalls = StallReporter(
            reactor: context.reactor, log: log, threshold: .seconds(settings.logging.stallSeconds)
        ) { [unowned self] in assumeIsolated { $0.waitsUnderWay } }
    }

    private func hear(_ news: HeartbeatReply) {
        follow(news.members, newest: news.newest)
        for leaseID in news.expiredLeases { abandon(leaseID, reason: "lease_lost") }
        if news.stopRequested {
            leave(reason: "the run is over")
        } else {
            for submission in book.takeResends(now: .now) { submit(submission) }
            proceed()
        }
    }

    private func follow(_ members: [Member], newest: VersionDescription?) {
        weights?.update(members)
        if let newest { weights?.announce(newest) }
        let names = verifiers?.update(members) { [log] member, error in
            log.warning("verifier_unusable", metadata: ["verifier": "\(member.id)", "reason": "\(error)"])
        }
        if let names { queue.setVerifiers(names) }
    }

    // MARK: Weights

    private func install(_ version: VersionDescription, _ bytes: [UInt8]) async {
        guard let generator, let weights else { return }
        do {
            let isNewest = version.identity == weights.wanted.newest?.identity
            try await generator.install(version, bytes, isNewest: isNewest)
            if isNewest { installed = version.identity }
            log.debug("installed", metadata: ["version": .number(version.number)])
            weights.installed(version.identity)
            releaseVersions()
            beginGenerating()
        } catch {
            log.error("version_refused", metadata: ["version": .number(version.number), "reason": "\(error)"])
            weights.rejected()
        }
        proceed()
    }

    /// Frees what neither a lease nor the schedule needs: of the loaded versions the newest few stay.
    func releaseVersions() {
        guard let weights else { return }
        let needed = Set(book.unfinishedLeases.compactMap(\.exactVersion))
        let held = weights.wanted.held.sorted { $0.number > $1.number }
        let idle = held.dropFirst(settings.schedule.versionsLoaded).filter {
            !needed.contains($0.number) && $0 != installed
        }
        weights.release(Set(idle), needing: needed)
        guard !idle.isEmpty else { return }
        let generator = generator
        Task { await generator?.release(Set(idle)) }
    }

    // MARK: Leaving

    func leaveIfDone() {
        if isLeaving, book.isEmpty { leave() }
    }

    private func leave(reason: String = "asked to stop") {
        isLeaving = true
        session?.leave(reason: reason)
        verifiers?.close()
        weights?.close()
        let generator = generator
        Task { await generator?.stop() }
        ending.end()
    }
}
