import Configuration
import Logging
package import Session
import Telemetry
package import Transport
import Wire

/// Holds the newest versions and serves them to any number of workers.
///
/// Role: takes each version once from the learner, checks its hash, then serves it in pieces and announces it; late joiners
/// are served like everybody else. Owner: the `parameter-broadcaster` executable.
/// Invariant: only versions that hashed right are served; as many are held as the schedule needs, the newest of those that the
/// learner published.
package actor ParameterBroadcaster: RoleActor {
    private let context: MemberContext
    private let bindAddress: EndpointAddress
    private let advertisedAddress: EndpointAddress?
    private let hasher = SnapshotHasher()
    private let log = Logger(label: "parameter-broadcaster")
    private let ending = RoleEnding()
    private var configuration = RunConfiguration()
    private var router: RouterEndpoint?
    private var notices: PublisherEndpoint?
    private var session: LearnerSession?
    private var shelf = SnapshotShelf(capacity: 2)
    /// What the learner asked us to take.
    private var wanted = WantedVersions()
    private var learnerIncarnation: UInt64?
    private var fetch: SnapshotFetch?
    /// Since when a version has been on its way, failed attempts included.
    private var fetchingSince: ContinuousClock.Instant?
    private var stalls: StallReporter?
    private var isHashing = false
    private var waits = WaitClock()
    private var transportLog = TransportLog()
    private var progress = ServeProgress(now: .now)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.reactor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - bind: where to serve; the notices take another free port of the same host.
    ///   - advertise: what workers are told to connect to; nil for the bound addresses.
    package init(_ context: MemberContext, bind: EndpointAddress, advertise: EndpointAddress? = nil) {
        self.context = context
        bindAddress = bind
        advertisedAddress = advertise
    }

    package func run() async throws {
        let router = try RouterEndpoint(
            reactor: context.reactor, bind: bindAddress, admitting: [.rolloutWorker])
        router.onMessage = { [unowned self] peer, envelope in assumeIsolated { $0.serve(envelope, to: peer) } }
        router.onEvent = { [unowned self] event in assumeIsolated { $0.transportLog.tell(event, log: $0.log) } }
        let notices = try PublisherEndpoint(
            reactor: context.reactor, bind: try bindAddress.sibling, admitting: [.rolloutWorker])
        notices.onEvent = { [unowned self] event in assumeIsolated { $0.transportLog.tell(event, log: $0.log) } }
        self.router = router
        self.notices = notices
        let hello = context.hello(
            .parameterBroadcaster,
            endpoints: [
                try endpoint(.serving, router.boundAddress), try endpoint(.notices, notices.boundAddress),
            ])
        let session = try LearnerSession(reactor: context.reactor, learner: context.learner, hello: hello)
        session.onJoined = { [unowned self] welcome in assumeIsolated { $0.joined(welcome) } }
        session.onMessage = { [unowned self] envelope in assumeIsolated { $0.hear(envelope) } }
        session.onNews = { [unowned self] news in assumeIsolated { $0.hear(news) } }
        session.onEnded = { [ending] in ending.end(.failure($0)) }
        session.status = { [unowned self] in assumeIsolated { $0.status } }
        self.session = session
        waits.begin("version from learner", now: .now)
        session.start()
        log.info("serving", metadata: ["address": "\(router.boundAddress)", "notices": "\(notices.boundAddress)"])
        defer { hasher.shutdown() }
        try await ending.wait()
        logProgress()
        log.record(Finished(reason: "run_ended"))
    }

    private func endpoint(_ purpose: Endpoint.Purpose, _ bound: EndpointAddress) throws -> Endpoint {
        Endpoint(purpose: purpose, address: try bound.announced(as: advertisedAddress).description)
    }

    package func stop() {
        session?.leave(reason: "asked to stop")
        ending.end()
    }

    private func joined(_ welcome: Welcome) {
        do {
            configuration = try RunConfiguration(welcome)
            session?.settings = configuration.sessionSettings
        } catch {
            return ending.end(.failure(error))
        }
        if learnerIncarnation != welcome.learnerIncarnation {
            learnerIncarnation = welcome.learnerIncarnation
            startOver(at: welcome.newest)
        }
        log.info("joined", metadata: ["run": "\(welcome.runID)", "learner": "\(context.learner)"])
        guard stalls == nil else { return }
        stalls = StallReporter(
            reactor: context.reactor, log: log, threshold: .seconds(configuration.logging.stallSeconds)
        ) { [unowned self] in assumeIsolated { $0.waitsUnderWay } }
        reportProgress()
    }

    /// Joins a life of the learner. What that life published alike is held already; versions beyond its newest are not the run's.
    private func startOver(at newest: VersionDescription?) {
        fetch?.cancel()
        fetch = nil
        fetchingSince = nil
        wanted.startOver(at: newest)
        shelf.capacity = configuration.schedule.versionsServed
        let hadVersions = shelf.newest != nil
        if let newest { shelf.remove(above: newest.number) }
        if hadVersions, shelf.newest == nil { waits.begin("version from learner", now: .now) }
        fetchIfNeeded()
    }

    private func hear(_ envelope: Envelope) {
        guard case .publish(let publish) = envelope.message else { return }
        wanted.announce(publish.version)
        wanted.require([publish.version])
        wanted.keep(newest: shelf.capacity)
        if wanted.held.contains(publish.version.identity) { acknowledge(publish.version) }
        fetchIfNeeded()
    }

    private func hear(_ news: HeartbeatReply) {
        if let newest = news.newest { wanted.announce(newest) }
        fetchIfNeeded()
        if news.stopRequested {
            session?.leave(reason: "the run is over")
            ending.end()
        }
    }

    // MARK: Taking versions

    private func fetchIfNeeded() {
        guard fetch == nil, !isHashing, let version = wanted.next, let dealer = session?.dealer else { return }
        let fetch = SnapshotFetch(version, from: dealer, settings: configuration.fetchSettings) {
            [unowned self] result in
            assumeIsolated { $0.fetched(version, result) }
        }
        self.fetch = fetch
        fetchingSince = fetchingSince ?? .now
        fetch.start()
    }

    private func fetched(_ version: VersionDescription, _ result: Result<[UInt8], TransportError>) {
        fetch = nil
        switch result {
        case .success(let bytes):
            fetchingSince = nil
            isHashing = true
            Task { await accept(version, bytes) }
        case .failure(let error):
            log.warning("fetch_failed", metadata: ["version": .number(version.number), "reason": "\(error)"])
            // The learner may hold it no longer, having gone on; it tells its newest with every heartbeat.
            if case .refused(_, _, let failure) = error, failure.code == .unknownVersion {
                fetchingSince = nil
                wanted.forget(version)
            }
            context.reactor.schedule(after: .milliseconds(200), name: "fetch from learner again") { [weak self] in
                self?.assumeIsolated { $0.fetchIfNeeded() }
            }
        }
    }

    private func accept(_ version: VersionDescription, _ bytes: [UInt8]) async {
        let isRight = await hasher.hashes(bytes, to: version.sha256)
        isHashing = false
        guard isRight else {
            log.error("wrong_hash", metadata: ["version": .number(version.number)])
            return fetchIfNeeded()
        }
        if shelf.newest == nil { waits.end("version from learner", now: .now) }
        shelf.add(version, content: Frame(copying: bytes))
        wanted.hold(version.identity)
        for stale in wanted.held where shelf.description(of: stale.number)?.identity != stale { wanted.drop(stale) }
        progress.version = shelf.newest?.number
        progress.versionsHeld = shelf.versions.count
        announce(version)
        acknowledge(version)
        fetchIfNeeded()
    }

    private func announce(_ version: VersionDescription) {
        do {
            try notices?.publish(.versionNotice(VersionNotice(version: version, broadcasterID: context.id)))
        } catch {
            // Notices only make it faster: the learner's heartbeats name the newest version too.
            log.warning("announcement_failed", metadata: ["version": .number(version.number), "reason": "\(error)"])
        }
    }

    private func acknowledge(_ version: VersionDescription) {
        do {
            try session?.dealer.send(.publishReceipt(PublishReceipt(version: version.identity)))
        } catch {
            // For the learner's log only; heartbeats name the version in use.
            log.debug("receipt_not_sent", metadata: ["version": .number(version.number), "reason": "\(error)"])
        }
    }

    // MARK: Serving

    private func serve(_ envelope: Envelope, to peer: PeerID) {
        let answer: Message
        if case .fetch(let fetch) = envelope.message {
            answer = shelf.answer(fetch, maximumChunkBytes: configuration.cluster.chunkBytes)
        } else {
            answer = .failure(Failure(code: .unauthorised, message: "a broadcaster answers fetches only"))
        }
        do {
            try router?.reply(answer, to: envelope, from: peer)
            if case .chunk(let chunk) = answer { count(chunk) }
        } catch {
            log.warning("chunk_not_sent", metadata: ["peer": "\(peer)", "reason": "\(error)"])
        }
    }

    private func count(_ chunk: Chunk) {
        progress.bytesServed += chunk.content.count
        if let newest = shelf.newest, newest.number == chunk.versionNumber,
            Int(chunk.offset) + chunk.content.count == Int(newest.byteCount)
        {
            progress.transfersCompleted += 1
        }
    }

    // MARK: Reporting

    private var status: Heartbeat {
        let wait = waits.current
        return Heartbeat(
            waitingFor: wait?.cause ?? "",
            waitingMilliseconds: wait.map { UInt64((ContinuousClock.now - $0.since) / .milliseconds(1)) } ?? 0,
            versionInUse: shelf.newest?.identity)
    }

    /// What the broadcaster waits for, and since when.
    private var waitsUnderWay: [String: ContinuousClock.Instant] {
        var waits: [String: ContinuousClock.Instant] = [:]
        if let session { waits["answer from learner"] = session.silentSince }
        if let current = self.waits.current { waits[current.cause] = current.since }
        if let fetchingSince { waits["version from learner"] = waits["version from learner"] ?? fetchingSince }
        return waits
    }

    private func reportProgress() {
        logProgress()
        let interval = Duration.seconds(configuration.logging.heartbeatLogSeconds)
        context.reactor.schedule(after: interval, name: "next progress line") { [weak self] in
            self?.assumeIsolated { $0.reportProgress() }
        }
    }

    private func logProgress() {
        progress.subscribers = router?.connectedPeers ?? 0
        let counters = (router?.counters ?? TransportCounters()) + (notices?.counters ?? TransportCounters())
        progress.malformedMessages = counters.malformed
        progress.droppedMessages = counters.droppedByName
        progress.refusedPeers = counters.refusedPeers
        progress.waits = waits
        progress.now = .now
        log.record(progress)
    }
}
