import Session
import Testing
import Transport
import Wire

/// One process of a test: an actor on a reactor of its own that serves, or takes part through a `LearnerSession`, and records
/// what it hears. It waits for conditions, not for time: every event looks whether a condition has come true.
actor Participant {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private var router: RouterEndpoint?
    private var dealer: DealerEndpoint?
    private var fetch: SnapshotFetch?
    private var session: LearnerSession?
    /// Messages received as a server.
    private(set) var requests: [Message] = []
    private(set) var welcomes: [Welcome] = []
    private(set) var news: [HeartbeatReply] = []
    private(set) var ends: [LearnerSession.End] = []
    private(set) var fetched: [Result<[UInt8], TransportError>] = []
    private var waiters: [Waiter] = []

    private struct Waiter {
        let condition: @Sendable (isolated Participant) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
        let timer: TimerToken
    }

    init() { reactor = Reactor(name: "participant") }

    // MARK: As a server

    /// Serves at `address`; `answer` makes the answer to a message, of which it is told how many came before; nil for none.
    func serve(
        at address: String = "tcp://127.0.0.1:0", answer: @escaping @Sendable (Message, Int) -> Message?
    ) throws -> EndpointAddress {
        let router = try RouterEndpoint(reactor: reactor, bind: EndpointAddress(address))
        router.onMessage = { peer, envelope in
            self.requests.append(envelope.message)
            if let message = answer(envelope.message, self.requests.count - 1) {
                self.reply(message, to: envelope, from: peer)
            }
            self.look()
        }
        self.router = router
        return router.boundAddress
    }

    private func reply(_ message: Message, to envelope: Envelope, from peer: PeerID) {
        do {
            try router?.reply(message, to: envelope, from: peer)
        } catch {
            // Whoever asked is gone by now. A test that needs the answer waits for it on the other side.
        }
    }

    // MARK: As a member

    func join(_ learner: EndpointAddress, patience: Duration = .seconds(30)) throws {
        var settings = LearnerSession.Settings()
        settings.patience = patience
        settings.requestTimeout = min(settings.requestTimeout, patience)
        let member = Member(role: .rolloutWorker, id: "w", incarnation: 1)
        let session = try LearnerSession(
            reactor: reactor, learner: learner, hello: Hello(member: member, software: "test"), settings: settings)
        session.onJoined = { welcome in
            self.welcomes.append(welcome)
            self.look()
        }
        session.onNews = { news in
            self.news.append(news)
            self.look()
        }
        session.onEnded = { end in
            self.ends.append(end)
            self.look()
        }
        self.session = session
        session.start()
    }

    func leave() { session?.leave(reason: "enough") }

    // MARK: As one who fetches

    func fetch(_ version: VersionDescription, from address: EndpointAddress, attempts: Int = 5) throws {
        let dealer = try DealerEndpoint(reactor: reactor, connect: address)
        self.dealer = dealer
        var settings = SnapshotFetch.Settings(pieceByteCount: 512, window: 8, pieceTimeout: .seconds(20))
        settings.attempts = attempts
        let fetch = SnapshotFetch(version, from: dealer, settings: settings) { result in
            self.fetched.append(result)
            self.look()
        }
        self.fetch = fetch
        fetch.start()
    }

    // MARK: Waiting

    /// Waits until `condition` holds; an issue when a generous time has passed without it.
    func wait(
        for what: String, location: SourceLocation = #_sourceLocation,
        until condition: @escaping @Sendable (isolated Participant) -> Bool
    ) async {
        if condition(self) { return }
        let cameTrue = await withCheckedContinuation { continuation in
            let timer = reactor.schedule(after: .seconds(60), name: what) {
                for waiter in self.waiters { waiter.continuation.resume(returning: false) }
                self.waiters = []
            }
            waiters.append(Waiter(condition: condition, continuation: continuation, timer: timer))
        }
        #expect(cameTrue, "waited for: \(what)", sourceLocation: location)
    }

    private func look() {
        let met = waiters.filter { $0.condition(self) }
        waiters.removeAll { waiter in met.contains { $0.timer == waiter.timer } }
        for waiter in met {
            reactor.cancel(waiter.timer)
            waiter.continuation.resume(returning: true)
        }
    }
}
