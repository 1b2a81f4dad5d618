import Execution
import Glibc
import Testing
import Transport
import Wire

/// A test's process: an actor on a reactor of its own, which records all that its endpoints tell.
///
/// It waits for conditions, not for time: every event looks whether a condition has come true.
actor Node {
    nonisolated let reactor: Reactor
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    private(set) var router: RouterEndpoint?
    private(set) var dealer: DealerEndpoint?
    private(set) var publisher: PublisherEndpoint?
    private(set) var subscriber: SubscriberEndpoint?

    private(set) var received: [Envelope] = []
    private(set) var peers: [PeerID] = []
    private(set) var gone: [PeerID] = []
    private(set) var events: [TransportEvent] = []
    private(set) var results: [Result<Message, TransportError>] = []
    private var waiters: [Int: Waiter] = [:]
    private var lastWaiter = 0

    private struct Waiter {
        let condition: @Sendable (isolated Node) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    init(name: String = "test-reactor", security: SecurityPolicy = .cleartext) {
        let news = KeyNewsLog()
        reactor = Reactor(name: name, security: security) { news.add($0) }
        keyNews = news
    }

    /// What was told of the allow list.
    nonisolated let keyNews: KeyNewsLog

    // MARK: Endpoints

    /// Serves; `respond` makes the answer to a message, or nil for none.
    func serve(
        at address: String = "tcp://127.0.0.1:0", admitting roles: Set<Role> = [],
        limits: TransportLimits = TransportLimits(), respond: @escaping @Sendable (Message) -> Message? = { _ in nil }
    ) throws -> EndpointAddress {
        let router = try RouterEndpoint(
            reactor: reactor, bind: EndpointAddress(address), admitting: roles, limits: limits)
        router.onMessage = { peer, envelope in
            self.received.append(envelope)
            if !self.peers.contains(peer) { self.peers.append(peer) }
            if let answer = respond(envelope.message) { self.answer(envelope, from: peer, answer) }
            self.look()
        }
        router.onDisconnect = { peer in
            self.gone.append(peer)
            self.look()
        }
        router.onEvent = { event in self.record(event) }
        self.router = router
        return router.boundAddress
    }

    private func answer(_ request: Envelope, from peer: PeerID, _ answer: Message) {
        do {
            try router?.reply(answer, to: request, from: peer)
        } catch {
            Issue.record("the answer could not be sent: \(error)")
        }
    }

    func connect(
        to address: EndpointAddress, expecting peer: ExpectedPeer = .learner,
        limits: TransportLimits = TransportLimits()
    ) throws {
        let dealer = try DealerEndpoint(reactor: reactor, connect: address, expecting: peer, limits: limits)
        dealer.onMessage = { envelope in
            self.received.append(envelope)
            self.look()
        }
        dealer.onConnectionChange = { _ in self.look() }
        dealer.onEvent = { event in self.record(event) }
        self.dealer = dealer
    }

    func publish(
        at address: String = "tcp://127.0.0.1:0", admitting roles: Set<Role> = []
    ) throws -> EndpointAddress {
        let publisher = try PublisherEndpoint(reactor: reactor, bind: EndpointAddress(address), admitting: roles)
        publisher.onEvent = { event in self.record(event) }
        self.publisher = publisher
        return publisher.boundAddress
    }

    /// Publishes again and again, since a subscription takes its time to arrive, until `stop` says so.
    func publishRepeatedly(_ message: Message) throws {
        try publisher?.publish(message)
        reactor.schedule(after: .milliseconds(5), name: "next notice") {
            guard self.publisher != nil else { return }
            #expect(throws: Never.self) { try self.publishRepeatedly(message) }
        }
    }

    func subscribe(to address: EndpointAddress, expecting peer: ExpectedPeer = .learner) throws {
        let subscriber = try SubscriberEndpoint(reactor: reactor, connect: address, expecting: peer)
        subscriber.onEvent = { event in self.record(event) }
        subscriber.onMessage = { envelope in
            self.received.append(envelope)
            self.look()
        }
        subscriber.onConnectionChange = { _ in self.look() }
        self.subscriber = subscriber
    }

    func closeEndpoints() {
        router?.close()
        dealer?.close()
        publisher?.close()
        subscriber?.close()
        publisher = nil
    }

    // MARK: Messages

    func request(
        _ message: Message, deadline: Duration = .seconds(30), name: String = "request to test server"
    ) async throws -> Message {
        guard let dealer else { throw TestError.notConnected }
        return try await dealer.request(message, deadline: deadline, name: name)
    }

    /// Starts a request whose result is recorded.
    func startRequest(_ message: Message, deadline: Duration = .seconds(30), name: String = "request to test server")
        throws
    {
        try dealer?.request(message, deadline: deadline, name: name) { result in self.take(result) }
    }

    func take(_ result: Result<Message, TransportError>) {
        results.append(result)
        look()
    }

    /// Sends numbered messages, each as soon as there is room; the budget bounds how many are on their way.
    func sendPaced(_ numbers: Range<Int>, to peer: PeerID? = nil) async throws {
        for number in numbers {
            while true {
                do throws(TransportError) {
                    if let peer {
                        try router?.send(numbered(number), to: peer)
                    } else {
                        try dealer?.send(numbered(number))
                    }
                    break
                } catch {
                    guard case .queueFull = error else { throw error }
                    await Task.yield()
                }
            }
        }
    }

    func send(_ message: Message) throws { try dealer?.send(message) }

    func send(_ message: Message, to peer: PeerID) throws { try router?.send(message, to: peer) }

    func run<Value: Sendable>(_ body: @Sendable (isolated Node) throws -> Value) rethrows -> Value { try body(self) }

    // MARK: Waiting

    /// Waits until `condition` holds; false, and a recorded issue, when a generous time has passed without it.
    func wait(
        for what: String, location: SourceLocation = #_sourceLocation,
        until condition: @escaping @Sendable (isolated Node) -> Bool
    ) async {
        if condition(self) { return }
        lastWaiter += 1
        let number = lastWaiter
        let timer = reactor.schedule(after: .seconds(60), name: what) {
            self.waiters.removeValue(forKey: number)?.continuation.resume(returning: false)
        }
        let cameTrue = await withCheckedContinuation {
            waiters[number] = Waiter(condition: condition, continuation: $0)
        }
        reactor.cancel(timer)
        #expect(cameTrue, "waited for: \(what)", sourceLocation: location)
    }

    /// Looks at a condition again and again, for states that no event tells of.
    func poll(for what: String, until condition: @escaping @Sendable (isolated Node) -> Bool) async {
        beat()
        await wait(for: what, until: condition)
    }

    private func beat() {
        reactor.schedule(after: .milliseconds(5), name: "look again") {
            self.look()
            if !self.waiters.isEmpty { self.beat() }
        }
    }

    private func record(_ event: TransportEvent) {
        events.append(event)
        look()
    }

    private func look() {
        for (number, waiter) in waiters where waiter.condition(self) {
            waiters[number] = nil
            waiter.continuation.resume(returning: true)
        }
    }
}

/// News of the allow list, from whichever thread.
final class KeyNewsLog: Sendable {
    private let entries = Lock<[KeyNews]>([])
    var all: [KeyNews] { entries.withLock { $0 } }
    func add(_ news: KeyNews) { entries.withLock { $0.append(news) } }
}

enum TestError: Error { case notConnected }

/// A message with a number in it.
func numbered(_ number: Int) -> Message {
    .fetch(Fetch(versionNumber: 1, offset: UInt64(number), byteCount: 1))
}

/// The number in such a message, −1 in others.
func number(_ message: Message) -> Int {
    if case .fetch(let fetch) = message { Int(fetch.offset) } else { -1 }
}

/// A message of many bytes.
func chunk(_ number: Int, bytes: Int) -> Message {
    let content = Frame(copying: (0..<bytes).map { UInt8(truncatingIfNeeded: $0 &+ number) })
    return .chunk(Chunk(versionNumber: 1, offset: UInt64(number), content: content))
}
