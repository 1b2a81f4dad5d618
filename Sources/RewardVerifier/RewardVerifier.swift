import Configuration
import Logging
package import Reward
package import Session
import Telemetry
package import Transport
import Wire

/// Judges responses for any number of workers: request in, verdict out, nothing kept.
///
/// Owner: the `reward-verifier` executable. Invariant: every request is answered once; what cannot be judged is answered
/// unknown with its reason, never wrong.
package actor RewardVerifier: RoleActor {
    private let context: MemberContext
    private let bindAddress: EndpointAddress
    private let advertisedAddress: EndpointAddress?
    private let registry: VerifierRegistry
    private let threads: [VerificationThread]
    private let log = Logger(label: "reward-verifier")
    private let ending = RoleEnding()
    private var router: RouterEndpoint?
    private var session: LearnerSession?
    private var configuration = RunConfiguration()
    private var intake = VerificationIntake<PeerID>(limits: .init(items: 4_096, bytes: 64 << 20))
    private var idleThreads: [Int]
    private var verified: RateMeter
    private var unknown = ReasonCounter()
    private var waits = WaitClock()
    private var transportLog = TransportLog()
    private var stalls: StallReporter?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.reactor.asUnownedSerialExecutor() }

    /// - Parameter advertise: what workers are told to connect to; nil for the bound address.
    package init(
        _ context: MemberContext, bind: EndpointAddress, advertise: EndpointAddress? = nil, registry: VerifierRegistry,
        threads count: Int
    ) {
        self.context = context
        self.registry = registry
        bindAddress = bind
        advertisedAddress = advertise
        threads = (0..<count).map { VerificationThread(number: $0, registry: registry) }
        idleThreads = Array(0..<count)
        verified = RateMeter(start: .now)
    }

    package func run() async throws {
        var limits = TransportLimits()
        limits.wire = .withoutTensors
        let router = try RouterEndpoint(
            reactor: context.reactor, bind: bindAddress, admitting: [.rolloutWorker], limits: limits)
        router.onMessage = { [unowned self] peer, envelope in assumeIsolated { $0.receive(envelope, from: peer) } }
        router.onEvent = { [unowned self] event in assumeIsolated { $0.transportLog.tell(event, log: $0.log) } }
        self.router = router
        let announced = try router.boundAddress.announced(as: advertisedAddress)
        let endpoint = Endpoint(purpose: .serving, address: announced.description)
        let hello = context.hello(.rewardVerifier, endpoints: [endpoint], verifierKinds: registry.kinds)
        let session = try LearnerSession(reactor: context.reactor, learner: context.learner, hello: hello)
        session.onJoined = { [unowned self] welcome in assumeIsolated { $0.joined(welcome) } }
        session.onNews = { [unowned self] news in assumeIsolated { $0.hear(news) } }
        session.onEnded = { [ending] in ending.end(.failure($0)) }
        self.session = session
        waits.begin("requests", now: .now)
        session.start()
        logStart(router.boundAddress)
        defer { for thread in threads { thread.shutdown() } }
        try await ending.wait()
        logProgress()
        log.record(Finished(reason: "run_ended"))
    }

    private func logStart(_ address: EndpointAddress) {
        log.info("serving", metadata: ["address": "\(address)", "kinds": "\(registry.kinds.joined(separator: " "))"])
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
        log.info("joined", metadata: ["run": "\(welcome.runID)", "learner": "\(context.learner)"])
        guard stalls == nil else { return }
        stalls = StallReporter(
            reactor: context.reactor, log: log, threshold: .seconds(configuration.logging.stallSeconds)
        ) { [unowned self] in assumeIsolated { $0.waitsUnderWay } }
        reportProgress()
    }

    /// To have no requests is no stall.
    private var waitsUnderWay: [String: ContinuousClock.Instant] {
        session.map { ["answer from learner": $0.silentSince] } ?? [:]
    }

    private func hear(_ news: HeartbeatReply) {
        guard news.stopRequested else { return }
        session?.leave(reason: "the run is over")
        ending.end()
    }

    private func receive(_ envelope: Envelope, from peer: PeerID) {
        guard case .verifyRequest(let request) = envelope.message else {
            let failure = Failure(code: .unauthorised, message: "a verifier answers verify requests only")
            return send(.failure(failure), inReplyTo: envelope.messageID, to: peer)
        }
        let ticket = VerificationIntake.Ticket(
            peer: peer, messageID: envelope.messageID, request: request, arrival: .now)
        guard intake.offer(ticket) else { return answer(ticket, .unknown(.overload), detail: "the queue is full") }
        work()
    }

    /// Gives waiting requests to idle threads.
    private func work() {
        while let thread = idleThreads.last {
            switch intake.next(now: .now) {
            case .idle:
                return
            case .late(let ticket):
                answer(ticket, .unknown(.timeout), detail: "the deadline passed in the queue")
            case .judge(let ticket):
                idleThreads.removeLast()
                if idleThreads.count == threads.count - 1 { waits.end("requests", now: .now) }
                Task { await judge(ticket, on: thread) }
            }
        }
    }

    private func judge(_ ticket: VerificationIntake<PeerID>.Ticket, on thread: Int) async {
        let (verdict, milliseconds) = await threads[thread].judge(ticket.request)
        idleThreads.append(thread)
        if idleThreads.count == threads.count { waits.begin("requests", now: .now) }
        answer(ticket, WireVerdict.Judgement(verdict), milliseconds: milliseconds)
        work()
    }

    private func answer(
        _ ticket: VerificationIntake<PeerID>.Ticket, _ judgement: WireVerdict.Judgement, detail: String = "",
        milliseconds: Double = 0
    ) {
        verified.add(1, now: .now)
        if case .unknown(let reason) = judgement { unknown.add(reason: reason.rawValue) }
        let verdict = WireVerdict(
            judgement: judgement, detail: detail, verifierID: context.id, latencyMilliseconds: milliseconds)
        let reply = VerdictReply(requestID: ticket.request.requestID, verdict: verdict)
        send(.verdictReply(reply), inReplyTo: ticket.messageID, to: ticket.peer)
    }

    private func send(_ message: Message, inReplyTo messageID: UInt64, to peer: PeerID) {
        do {
            try router?.send(message, to: peer, inReplyTo: messageID)
        } catch {
            // The worker asks another verifier at its deadline.
            log.warning("verdict_not_sent", metadata: ["peer": "\(peer)", "reason": "\(error)"])
        }
    }

    private func reportProgress() {
        logProgress()
        let interval = Duration.seconds(configuration.logging.heartbeatLogSeconds)
        context.reactor.schedule(after: interval, name: "next progress line") { [weak self] in
            self?.assumeIsolated { $0.reportProgress() }
        }
    }

    private func logProgress() {
        var progress = VerifyProgress(verified: verified, now: .now)
        progress.unknown = unknown
        let counters = router?.counters ?? TransportCounters()
        progress.malformedMessages = counters.malformed
        progress.droppedMessages = counters.droppedByName
        progress.refusedPeers = counters.refusedPeers
        progress.queueItems = intake.count
        progress.queueAgeSeconds = intake.age(now: .now).inSeconds
        progress.waits = waits
        log.record(progress)
    }
}
