package import Wire

/// The serving side: any number of peers at one bound address.
///
/// Owner: an actor on the reactor; used and closed on the reactor's thread only. Invariant: what is on its way to a peer
/// never exceeds the limits, so a peer that does not read costs nobody else anything; a message to a peer that is gone
/// is an error, not silence.
package final class RouterEndpoint {
    /// A message that answers nothing we asked.
    package var onMessage: ((PeerID, Envelope) -> Void)?
    /// A peer that had sent something is gone; all it sent was handed over before.
    package var onDisconnect: ((PeerID) -> Void)?

    private let channel: Channel
    private let peers: PeerTable
    private let requests: RequestTable
    private var losses = PendingLosses<PeerID>()

    /// Listens at `address` for peers with one of `roles`; port 0 takes any free port, see `boundAddress`.
    package init(
        reactor: Reactor, bind address: EndpointAddress, admitting roles: Set<Role> = [],
        limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        channel = try Channel(
            reactor: reactor, kind: .router, .bind(address, admitting: roles), limits: limits)
        peers = PeerTable(limits: limits)
        requests = RequestTable(reactor: reactor, endpoint: channel.address.description)
        reactor.add(self)
    }

    /// Where the endpoint listens, with the real port.
    package var boundAddress: EndpointAddress { channel.address }

    /// What the endpoint has done so far.
    package var counters: TransportCounters { channel.counters }

    /// News for the log.
    package var onEvent: ((TransportEvent) -> Void)? {
        get { channel.onEvent }
        set { channel.onEvent = newValue }
    }

    /// Peers that have sent something and are connected.
    package var connectedPeers: Int { peers.count }

    /// Messages and bytes for a peer that the kernel does not have yet; zero for an unknown one.
    package func outbound(to peer: PeerID) -> (items: Int, bytes: Int) {
        let usage = peers[peer]?.budget.usage ?? OutboundBudget.Usage()
        return (usage.items, usage.bytes)
    }

    /// Whose key a peer was let in with; nil in clear text, and when the key is allowed no more.
    package func identity(of peer: PeerID) -> AllowedKey? {
        peers[peer]?.key.flatMap { channel.reactor.doorkeeper?.allowList[$0] }
    }

    /// Sends a message that expects no answer, or answers message `inReplyTo`.
    package func send(_ message: Message, to peer: PeerID, inReplyTo: UInt64 = 0) throws(TransportError) {
        _ = try sendNow(message, to: peer, inReplyTo: inReplyTo)
    }

    /// Answers a message.
    package func reply(_ message: Message, to request: Envelope, from peer: PeerID) throws(TransportError) {
        try send(message, to: peer, inReplyTo: request.messageID)
    }

    /// Sends a request to a peer; as `DealerEndpoint.request`.
    package func request(
        _ message: Message, to peer: PeerID, deadline: Duration, name: String,
        completion: @escaping (Result<Message, TransportError>) -> Void
    ) throws(TransportError) {
        guard requests.count < channel.limits.pendingRequests else {
            channel.drop(.queueFull, peer: peer)
            throw .queueFull(endpoint: boundAddress.description, items: requests.count, bytes: outbound(to: peer).bytes)
        }
        let id = try sendNow(message, to: peer, inReplyTo: 0)
        requests.begin(
            id, name: name, to: peer, isSent: true, deadline: deadline,
            expired: { [weak self] in self?.channel.counters.deadlinesPassed += 1 }, completion: completion)
    }

    /// Stops listening and ends all connections: waiting requests fail with `.closed`. Closing again does nothing.
    package func close() {
        guard !channel.isClosed else { return }
        channel.close()
        channel.reactor.remove(self)
        requests.failAll { _, endpoint in .closed(endpoint: endpoint) }
        onMessage = nil
        onDisconnect = nil
    }

    // MARK: Sending

    private func sendNow(_ message: Message, to peer: PeerID, inReplyTo: UInt64) throws(TransportError) -> UInt64 {
        try channel.requireOpen()
        let endpoint = boundAddress.description
        guard let budget = peers[peer]?.budget else {
            channel.drop(.unreachable, peer: peer)
            throw .unreachable(endpoint: endpoint, peer: peer)
        }
        let outbound = try channel.prepare(message, inReplyTo: inReplyTo, budget: budget)
        switch try channel.send(outbound, to: peer) {
        case .sent: return outbound.messageID
        case .wouldBlock:
            channel.drop(.queueFull, peer: peer)
            throw .queueFull(endpoint: endpoint, items: budget.usage.items, bytes: budget.usage.bytes)
        case .unreachable, .lost:
            channel.drop(.unreachable, peer: peer)
            losses.add(peer)
            throw .unreachable(endpoint: endpoint, peer: peer)
        }
    }

    // MARK: Receiving

    private func handle(_ received: Socket.Received) {
        var received = received
        let peer = PeerID(routingID: received.frames.removeFirst().bytes)
        let now = ContinuousClock.now
        admit(peer, key: received.key, descriptor: received.descriptor, now: now)
        guard channel.admits(received.key) else {
            return refuse(received, from: peer, .unauthorised, Self.notAllowed)
        }
        guard peers.allow(peer, now: now) else { return refuse(received, from: peer, .rateLimited, tooOften) }
        switch channel.decode(received, from: peer) {
        case .success(let envelope): deliver(envelope, from: peer)
        case .failure(let error): answerMalformed(received, from: peer, error)
        }
    }

    /// Before a new peer is entered, the news of connections that had the same descriptor before must have been heard.
    private func admit(_ peer: PeerID, key: PublicKey?, descriptor: Int32, now: ContinuousClock.Instant) {
        guard peers[peer] == nil else { return }
        handleConnectionEvents()
        let displaced = peers.insert(peer, key: key, descriptor: descriptor, now: now)
        if let displaced { losses.add(displaced) }
        if !peers.isConnected(descriptor) { losses.add(peer) }
    }

    private func deliver(_ envelope: Envelope, from peer: PeerID) {
        if envelope.inReplyTo != 0 {
            if !requests.complete(envelope, from: peer) { channel.drop(.unexpectedReply, peer: peer) }
        } else if let onMessage {
            onMessage(peer, envelope)
        } else {
            channel.drop(.unhandled, peer: peer)
        }
    }

    private func answerMalformed(_ received: Socket.Received, from peer: PeerID, _ error: WireError) {
        guard !channel.isClosed, let origin = channel.originOfMalformed(received) else { return }
        if requests.complete(origin.inReplyTo, from: peer, malformed: error) { return }
        answer(origin, with: error.failure, to: peer)
    }

    private func answer(_ origin: (messageID: UInt64, inReplyTo: UInt64), with failure: Failure, to peer: PeerID) {
        // An answer is never answered: two peers could go on like that for ever.
        guard origin.inReplyTo == 0 else { return }
        do throws(TransportError) {
            try send(.failure(failure), to: peer, inReplyTo: origin.messageID)
        } catch {
            // The refusal is a courtesy; that it could not be sent is counted already.
        }
    }

    /// Drops a message unread, and tells its sender why.
    private func refuse(_ received: Socket.Received, from peer: PeerID, _ reason: DropReason, _ failure: Failure) {
        channel.drop(reason, peer: peer)
        guard let origin = channel.originOfMalformed(received) else { return }
        answer(origin, with: failure, to: peer)
    }

    private static let notAllowed = Failure(
        code: .unauthorised, message: "your key is not in the allow list any more: apus keys issue makes a new one")

    private var tooOften: Failure {
        Failure(
            code: .overloaded,
            message: "you send more than \(channel.limits.peerMessagesPerSecond) messages per second: send fewer")
    }

    private func handleConnectionEvents() {
        while let event = channel.nextConnectionEvent() {
            switch event {
            case .accepted(let descriptor): peers.connected(descriptor)
            case .disconnected(let descriptor):
                if let peer = peers.disconnected(descriptor) {
                    losses.add(peer)
                } else {
                    channel.onEvent?(.disconnected(peer: nil))
                }
            case .connected, .handshakeFailed: break
            }
        }
    }

    private func forget(_ peer: PeerID) {
        guard peers.remove(peer) else { return }
        channel.onEvent?(.disconnected(peer: peer))
        for id in requests.sent(to: peer) { requests.fail(id) { .connectionLost(request: $0, endpoint: $1) } }
        onDisconnect?(peer)
    }
}

extension RouterEndpoint: Pollable {
    var socketHandle: UnsafeMutableRawPointer { channel.socketHandle }
    var monitorHandle: UnsafeMutableRawPointer { channel.monitorHandle }
    var wantsToWrite: Bool { false }

    func revoked(_ keys: Set<PublicKey>) {
        for descriptor in peers.descriptors(of: keys) { Socket.cut(descriptor) }
    }

    func serve() {
        handleConnectionEvents()
        let isDrained = channel.receiveRound(handle)
        for peer in losses.due(isDrained: isDrained) { forget(peer) }
    }
}
