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
/// Invariants: only versions that hashed right are served; at most two are held, so that a fetch of the one before the newest
/// still ends well while memory stays bounded.
package actor ParameterBroadcaster: RoleActor {
    private let context: MemberContext
    private let bindAddress: EndpointAddress
    private let hasher = SnapshotHasher()
    private let log = Logger(label: "parameter-broadcaster")
    private let ending = RoleEnding()
    private var configuration = RunConfiguration()
    private var router: RouterEndpoint?
    private var notices: PublisherEndpoint?
    private var session: LearnerSession?
    private var shelf = SnapshotShelf(capacity: 2)
    /// The newest version that the learner asked us to take.
    private var wanted: VersionDescription?
    private var learnerIncarnation: UInt64?
    private var fetch: SnapshotFetch?
    private var isHashing = false
    private var waits = WaitClock()
    private var transportLog = TransportLog()
    private var progress = ServeProgress(now: .now)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.reactor.asUnownedSerialExecutor() }

    /// - Parameter bind: where to serve; the notices take another free port of the same host.
    package init(_ context: MemberContext, bind: EndpointAddress) {
        self.context = context
        bindAddress = bind
    }

    package func run() async throws {
        let router = try RouterEndpoint(reactor: context.reactor, bind: bindAddress)
        router.onMessage = { [unowned self] peer, envelope in assumeIsolated { $0.serve(envelope, to: peer) } }
        router.onEvent = { [unowned self] event in assumeIsolated { $0.transportLog.tell(event, log: $0.log) } }
        let notices = try PublisherEndpoint(reactor: context.reactor, bind: try bindAddress.sibling)
        self.router = router
        self.notices = notices
        let hello = context.hello(
            .parameterBroadcaster,
            endpoints: [
                Endpoint(purpose: .serving, address: router.boundAddress.description),
                Endpoint(purpose: .notices, address: notices.boundAddress.description),
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
        if learnerIncarnation != welcome.learnerIncarnation { startOver(welcome.learnerIncarnation) }
        log.info("joined", metadata: ["run": "\(welcome.runID)", "learner": "\(context.learner)"])
        if progress.version == nil { reportProgress() }
    }

    /// A new life of the learner may count its versions from an earlier one: what is held belongs to the former.
    private func startOver(_ incarnation: UInt64) {
        learnerIncarnation = incarnation
        fetch?.cancel()
        fetch = nil
        wanted = nil
        if shelf.newest != nil { waits.begin("version from learner", now: .now) }
        shelf = SnapshotShelf(capacity: 2)
    }

    private func hear(_ envelope: Envelope) {
        if case .publish(let publish) = envelope.message { take(publish.version) }
    }

    private func hear(_ news: HeartbeatReply) {
        if let newest = news.newest { take(newest) }
        if news.stopRequested {
            session?.leave(reason: "the run is over")
            ending.end()
        }
    }

    // MARK: Taking versions

    private func take(_ version: VersionDescription) {
        if version.number > (wanted?.number ?? 0) || wanted == nil { wanted = version }
        fetchIfNeeded()
    }

    private func fetchIfNeeded() {
        guard fetch == nil, !isHashing, let wanted, let dealer = session?.dealer,
            wanted.number > (shelf.newest?.number ?? 0) || shelf.newest == nil
        else { return }
        let fetch = SnapshotFetch(wanted, from: dealer, settings: configuration.fetchSettings) {
            [unowned self] result in
            assumeIsolated { $0.fetched(wanted, result) }
        }
        self.fetch = fetch
        fetch.start()
    }

    private func fetched(_ version: VersionDescription, _ result: Result<[UInt8], TransportError>) {
        fetch = nil
        switch result {
        case .success(let bytes):
            isHashing = true
            Task { await accept(version, bytes) }
        case .failure(let error):
            log.warning("fetch_failed", metadata: ["version": .number(version.number), "reason": "\(error)"])
            context.reactor.schedule(after: .milliseconds(200), name: "fetch from learner again") { [weak self] in
                self?.assumeIsolated { $0.fetchIfNeeded() }
            }
        }
    }

    private func accept(_ version: VersionDescription, _ bytes: [UInt8]) async {
        let life = learnerIncarnation
        let isRight = await hasher.hashes(bytes, to: version.sha256)
        isHashing = false
        // A learner that was restarted meanwhile does not stand by what its former life published.
        guard life == learnerIncarnation else { return fetchIfNeeded() }
        guard isRight else {
            log.error("wrong_hash", metadata: ["version": .number(version.number)])
            return fetchIfNeeded()
        }
        if shelf.newest == nil { waits.end("version from learner", now: .now) }
        shelf.add(version, content: Frame(copying: bytes))
        progress.version = version.number
        progress.versionsHeld = shelf.versions.count
        announce(version)
        fetchIfNeeded()
    }

    private func announce(_ version: VersionDescription) {
        do {
            try notices?.publish(.versionNotice(VersionNotice(version: version, broadcasterID: context.id)))
            try session?.dealer.send(.publishReceipt(PublishReceipt(version: version.identity)))
        } catch {
            // Both only make it faster: heartbeats carry the same news in both directions.
            log.warning("announcement_failed", metadata: ["version": .number(version.number), "reason": "\(error)"])
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

    private func reportProgress() {
        logProgress()
        let interval = Duration.seconds(configuration.logging.heartbeatLogSeconds)
        context.reactor.schedule(after: interval, name: "next progress line") { [weak self] in
            self?.assumeIsolated { $0.reportProgress() }
        }
    }

    private func logProgress() {
        progress.subscribers = router?.connectedPeers ?? 0
        progress.malformedMessages = router?.counters.malformed ?? [:]
        progress.waits = waits
        progress.now = .now
        log.record(progress)
    }
}
