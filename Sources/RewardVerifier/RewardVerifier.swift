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
    private let canaryInterval: Duration
    private let codeAbsence: String?
    private let log = Logger(label: "reward-verifier")
    private let ending = RoleEnding()
    private var router: RouterEndpoint?
    private var session: LearnerSession?
    private var configuration = RunConfiguration()
    /// One for verdicts at once, and one for those that wait for child processes, if there are any.
    private var lanes: [VerificationLane]
    private var canaries: CanaryWatch
    private var verified: RateMeter
    private var unknown = ReasonCounter()
    private var waits = WaitClock()
    private var transportLog = TransportLog()
    private var stalls: StallReporter?
    private var isOver = false

    private typealias Ticket = VerificationIntake<VerificationSource>.Ticket

    package nonisolated var unownedExecutor: UnownedSerialExecutor { context.reactor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - advertise: what workers are told to connect to; nil for the bound address.
    ///   - threads: verdicts given at the same time.
    ///   - children: of those kinds that wait for child processes, verdicts waited for at the same time.
    ///   - codeAbsence: why the kind code is not offered, for the log.
    package init(
        _ context: MemberContext, bind: EndpointAddress, advertise: EndpointAddress? = nil, registry: VerifierRegistry,
        threads: Int, children: Int, canaries: [Canary], canaryInterval: Duration, codeAbsence: String? = nil
    ) {
        self.context = context
        self.registry = registry
        self.canaryInterval = canaryInterval
        self.codeAbsence = codeAbsence
        self.canaries = CanaryWatch(canaries.filter { registry.kinds.contains($0.task.kind) })
        bindAddress = bind
        advertisedAddress = advertise
        lanes = [VerificationLane(name: "verify", count: threads, registry: registry)]
        if registry.hasBlocking {
            lanes.append(VerificationLane(name: "children", count: children, registry: registry))
        }
        verified = RateMeter(start: .now)
    }

    package func run() async throws {
        defer { shutDown() }
        if let codeAbsence { log.warning("kind_not_offered", metadata: ["kind": "code", "reason": "\(codeAbsence)"]) }
        try await passCanaries()
        guard !isOver else { return }
        var limits = TransportLimits()
        limits.wire = .withoutTensors
        let router = try RouterEndpoint(
            reactor: context.reactor, bind: bindAddress, admitting: [.rolloutWorker], limits: limits)
        router.onMessage = { [unowned self] peer, envelope in assumeIsolated { $0.receive(envelope, from: peer) } }
        router.onEvent = { [unowned self] event in assumeIsolated { $0.transportLog.tell(event, log: $0.log) } }
        self.router = router
        let announced = try router.boundAddress.announced(as: advertisedAddress)
        let endpoint = Endpoint(purpose: .serving, address: announced.description)
        let hello = context.hello(.rewardVerifier, endpoints: [endpoint], verifierKinds: offeredKinds)
        let session = try LearnerSession(reactor: context.reactor, learner: context.learner, hello: hello)
        session.onJoined = { [unowned self] welcome in assumeIsolated { $0.joined(welcome) } }
        session.onNews = { [unowned self] news in assumeIsolated { $0.hear(news) } }
        session.onEnded = { [ending] in ending.end(.failure($0)) }
        self.session = session
        waits.begin("requests", now: .now)
        session.start()
        logStart(router.boundAddress)
        scheduleCanaries()
        try await ending.wait()
        logProgress()
        log.record(Finished(reason: "run_ended"))
    }

    private func logStart(_ address: EndpointAddress) {
        log.info("serving", metadata: ["address": "\(address)", "kinds": "\(offeredKinds.joined(separator: " "))"])
    }

    private var offeredKinds: [String] { registry.kinds.filter { !canaries.isWithdrawn($0) } }

    /// Whether no kind is left whose canaries pass.
    private var hasNothingToOffer: Bool {
        let watched = Set(canaries.canaries.map(\.task.kind))
        return !watched.isEmpty && watched.allSatisfy(canaries.isWithdrawn)
    }

    /// Ends child processes, then threads: none is left afterwards.
    private func shutDown() {
        isOver = true
        registry.stop()
        for thread in lanes.flatMap(\.threads) { thread.shutdown() }
    }

    package func stop() {
        isOver = true
        registry.stop()
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
            peer: VerificationSource.worker(peer), messageID: envelope.messageID, request: request, arrival: .now)
        let task = VerificationTask(kind: request.kind, payload: request.payload)
        if let kind = VerifierRegistry.kinds(in: task).first(where: { !registry.judges($0) || canaries.isWithdrawn($0) }
        ) {
            return refuse(ticket, "the kind \(kind) is not offered by this verifier")
        }
        take(ticket)
    }

    private func take(_ ticket: Ticket) {
        let lane = lane(of: VerificationTask(kind: ticket.request.kind, payload: ticket.request.payload))
        guard lanes[lane].intake.offer(ticket) else {
            return answer(ticket, Judgement(.unknown(.overload), "the queue is full"), isJudged: false)
        }
        work(lane)
    }

    private func lane(of task: VerificationTask) -> Int { registry.isBlocking(task) ? 1 : 0 }

    /// Gives waiting requests to idle threads.
    private func work(_ lane: Int) {
        while let thread = lanes[lane].idle.last {
            switch lanes[lane].intake.next(now: .now) {
            case .idle:
                return
            case .late(let ticket):
                answer(ticket, Judgement(.unknown(.overload), "the deadline passed in the queue"), isJudged: false)
            case .judge(let ticket):
                if lanes.allSatisfy(\.isIdle) { waits.end("requests", now: .now) }
                lanes[lane].idle.removeLast()
                Task { await judge(ticket, on: thread, of: lane) }
            }
        }
    }

    private func judge(_ ticket: Ticket, on thread: Int, of lane: Int) async {
        let request = VerificationRequest(ticket.request, deadline: ticket.deadline)
        let (judgement, milliseconds) = await lanes[lane].threads[thread].judge(request)
        lanes[lane].idle.append(thread)
        if lanes.allSatisfy(\.isIdle) { waits.begin("requests", now: .now) }
        answer(ticket, judgement, milliseconds: milliseconds)
        work(lane)
    }

    /// - Parameter isJudged: whether a verifier has looked at the response.
    private func answer(
        _ ticket: Ticket, _ judgement: Judgement, isJudged: Bool = true, milliseconds: Double = 0
    ) {
        switch ticket.peer {
        case .canary(let number):
            follow(canaries.record(number, judgement, isBlameless: !isJudged || isOver))
        case .worker(let peer):
            guard judgement.isOffered else { return refuse(ticket, judgement.reason) }
            verified.add(1, now: .now)
            if case .unknown(let reason) = judgement.verdict { unknown.add(reason: reason.rawValue) }
            let verdict = WireVerdict(
                judgement: WireVerdict.Judgement(judgement.verdict), detail: judgement.reason, verifierID: context.id,
                latencyMilliseconds: milliseconds)
            let reply = VerdictReply(requestID: ticket.request.requestID, verdict: verdict)
            send(.verdictReply(reply), inReplyTo: ticket.messageID, to: peer)
        }
    }

    /// Another verifier may judge what this one cannot.
    private func refuse(_ ticket: Ticket, _ reason: String) {
        guard case .worker(let peer) = ticket.peer else { return }
        unknown.add(reason: UnknownReason.unsupported.rawValue)
        send(.failure(Failure(code: .notOffered, message: reason)), inReplyTo: ticket.messageID, to: peer)
    }

    private func send(_ message: Message, inReplyTo messageID: UInt64, to peer: PeerID) {
        do {
            try router?.send(message, to: peer, inReplyTo: messageID)
        } catch {
            // The worker asks another verifier at its deadline.
            log.warning("verdict_not_sent", metadata: ["peer": "\(peer)", "reason": "\(error)"])
        }
    }

    /// Has every kind judge its canaries before anybody is told that it can; returns when all have passed or are withdrawn.
    private func passCanaries() async throws {
        var open = true
        while open, !isOver {
            open = false
            for number in canaries.beginRound() where !canaries.isWithdrawn(canaries.canaries[number].task.kind) {
                let canary = canaries.canaries[number]
                let request = VerificationRequest(canary, deadline: .now + Self.canaryPatience)
                let judgement = await lanes[lane(of: canary.task)].threads[0].judge(request).judgement
                if canary.agrees(with: judgement.verdict) == nil { open = true }
                report(canaries.record(number, judgement, isBlameless: isOver))
            }
        }
        if hasNothingToOffer, !isOver { throw NothingToOffer() }
    }

    private static let canaryPatience = Duration.seconds(60)

    private func scheduleCanaries() {
        context.reactor.schedule(after: canaryInterval, name: "next canaries") { [weak self] in
            self?.assumeIsolated { $0.sendCanaries() }
        }
    }

    /// Puts the canaries into the queues, among the requests of workers: so they find out a queue that does not move, too.
    private func sendCanaries() {
        guard !isOver else { return }
        for number in canaries.beginRound() {
            let request = VerifyRequest(canaries.canaries[number], patience: Self.canaryPatience)
            take(.init(peer: .canary(number), messageID: 0, request: request, arrival: .now))
        }
        scheduleCanaries()
    }

    private func follow(_ change: CanaryWatch.Change?) {
        report(change)
        guard change != nil, hasNothingToOffer, !isOver else { return }
        session?.leave(reason: "\(NothingToOffer())")
        ending.end(.failure(NothingToOffer()))
    }

    private func report(_ change: CanaryWatch.Change?) {
        switch change {
        case .withdraw(let kind, let reason)?:
            log.error("verifier_withdrawn", metadata: ["kind": "\(kind)", "reason": "\(reason)"])
        case .offerAgain(let kind)?:
            log.notice("verifier_offered_again", metadata: ["kind": "\(kind)"])
        case nil: break
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
        progress.queueItems = lanes.reduce(0) { $0 + $1.intake.count }
        progress.queueAgeSeconds = lanes.map { $0.intake.age(now: .now).inSeconds }.max() ?? 0
        progress.waits = waits
        log.record(progress)
    }
}
