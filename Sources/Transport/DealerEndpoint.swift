import DequeModule
package import Wire

/// The asking side of a connection: one peer, at one address, reconnected for as long as the endpoint is open.
///
/// Owner: an actor on the reactor; used and closed on the reactor's thread only. Invariant: what is on its way never
/// exceeds the limits; a request ends exactly once: with its answer, or with an error that names it.
///
/// Messages made while there is no connection wait in a bounded queue; what was handed over when the connection breaks
/// is lost, and its requests fail at once with `.connectionLost`. The sender repeats what must not be lost.
package final class DealerEndpoint {
    /// A message that answers nothing we asked.
    package var onMessage: ((Envelope) -> Void)?
    /// The connection was made (true) or is gone (false).
    package var onConnectionChange: ((Bool) -> Void)?
    package private(set) var isConnected = false

    private let channel: Channel
    private let budget: OutboundBudget
    private let requests: RequestTable
    /// Messages that libzmq has not taken yet; all of them are charged to the budget.
    private var queue = Deque<Channel.Outbound>()
    private var losses = PendingLosses<[UInt64]>()

    /// Connects, in the background, to `peer` at `address`.
    package init(
        reactor: Reactor, connect address: EndpointAddress, expecting peer: ExpectedPeer = .learner,
        limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        channel = try Channel(
            reactor: reactor, kind: .dealer, .connect(address, expecting: peer), limits: limits)
        budget = OutboundBudget(items: limits.outboundItems, bytes: limits.outboundBytes)
        requests = RequestTable(reactor: reactor, endpoint: address.description)
        reactor.add(self)
    }

    /// The address of the peer.
    package var address: EndpointAddress { channel.address }

    /// What the endpoint has done so far.
    package var counters: TransportCounters { channel.counters }

    /// News for the log.
    package var onEvent: ((TransportEvent) -> Void)? {
        get { channel.onEvent }
        set { channel.onEvent = newValue }
    }

    /// Messages and bytes that the kernel does not have yet.
    package var outbound: (items: Int, bytes: Int) { (budget.usage.items, budget.usage.bytes) }

    /// Sends a message that expects no answer, or answers message `inReplyTo`.
    package func send(_ message: Message, inReplyTo: UInt64 = 0) throws(TransportError) {
        queue.append(try channel.prepare(message, inReplyTo: inReplyTo, budget: budget))
        flush()
    }

    /// Sends a request; `completion` is called once, on the reactor's thread, never before this returns.
    ///
    /// `name` says what is asked of whom, such as "lease request to learner": an error is then
    /// "lease request to learner tcp://…: no reply for 5.0 s". An answer `failure` is the error `.refused`.
    package func request(
        _ message: Message, deadline: Duration, name: String,
        completion: @escaping (Result<Message, TransportError>) -> Void
    ) throws(TransportError) {
        guard requests.count < channel.limits.pendingRequests else {
            channel.drop(.queueFull)
            throw .queueFull(endpoint: address.description, items: requests.count, bytes: outbound.bytes)
        }
        let outbound = try channel.prepare(message, inReplyTo: 0, budget: budget)
        let id = outbound.messageID
        queue.append(outbound)
        requests.begin(
            id, name: name, to: nil, isSent: false, deadline: deadline, expired: { [weak self] in self?.expire(id) },
            completion: completion)
        flush()
    }

    /// Sends a request and waits for its answer; for callers on the reactor. Cancelling the task does not shorten the wait.
    package nonisolated(nonsending) func request(
        _ message: Message, deadline: Duration, name: String
    ) async throws(TransportError) -> Message {
        try await withCheckedContinuation { continuation in
            do throws(TransportError) {
                try request(message, deadline: deadline, name: name) { continuation.resume(returning: $0) }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }.get()
    }

    /// Ends the connection: waiting requests fail with `.closed`. Closing again does nothing.
    package func close() {
        guard !channel.isClosed else { return }
        channel.close()
        channel.reactor.remove(self)
        queue.removeAll()
        isConnected = false
        requests.failAll { _, endpoint in .closed(endpoint: endpoint) }
        onMessage = nil
        onConnectionChange = nil
    }

    // MARK: Sending

    private func flush() {
        while isConnected, !channel.isClosed, let next = queue.popFirst() {
            do throws(TransportError) {
                switch try channel.send(next) {
                case .wouldBlock: return queue.prepend(next)
                case .sent: requests.markSent(next.messageID)
                case .lost, .unreachable: lose(next)
                }
            } catch {
                // Only a bug can cause it: an invalid socket, or one used after the context's end.
                preconditionFailure("\(address): \(error)")
            }
        }
    }

    private func lose(_ outbound: Channel.Outbound) {
        channel.drop(.connectionLost)
        // Told from the loop, since a completion must not be called before the request has returned.
        losses.add([outbound.messageID])
    }

    private func expire(_ id: UInt64) {
        channel.counters.deadlinesPassed += 1
        guard let index = queue.firstIndex(where: { $0.messageID == id }) else { return }
        queue.remove(at: index)
        channel.drop(.expired)
    }

    // MARK: Receiving

    private func handle(_ received: Socket.Received) {
        switch channel.decode(received, from: nil) {
        case .success(let envelope): deliver(envelope)
        case .failure(let error): answerMalformed(received, error)
        }
    }

    private func deliver(_ envelope: Envelope) {
        if envelope.inReplyTo != 0 {
            if !requests.complete(envelope, from: nil) { channel.drop(.unexpectedReply) }
        } else if let onMessage {
            onMessage(envelope)
        } else {
            channel.drop(.unhandled)
        }
    }

    private func answerMalformed(_ received: Socket.Received, _ error: WireError) {
        guard let request = channel.originOfMalformed(received) else { return }
        if requests.complete(request.inReplyTo, from: nil, malformed: error) { return }
        // An answer is never answered: two peers could go on like that for ever.
        guard request.inReplyTo == 0 else { return }
        do throws(TransportError) {
            try send(.failure(error.failure), inReplyTo: request.messageID)
        } catch {
            // The refusal is a courtesy; that it could not be sent is counted already.
        }
    }

    private func handleConnectionEvents() {
        while let event = channel.nextConnectionEvent() {
            switch event {
            case .connected:
                isConnected = true
                onConnectionChange?(true)
                flush()
            case .disconnected:
                losses.add(requests.sent(to: nil))
                channel.onEvent?(.disconnected(peer: nil))
                guard isConnected else { continue }
                isConnected = false
                onConnectionChange?(false)
            case .accepted, .handshakeFailed: break
            }
        }
    }
}

extension DealerEndpoint: Pollable {
    var socketHandle: UnsafeMutableRawPointer { channel.socketHandle }
    var monitorHandle: UnsafeMutableRawPointer { channel.monitorHandle }
    var wantsToWrite: Bool { isConnected && !queue.isEmpty }

    func revoked(_ keys: Set<PublicKey>) { channel.revoked(keys) }

    func serve() {
        handleConnectionEvents()
        let isDrained = channel.receiveRound(handle)
        for ids in losses.due(isDrained: isDrained) {
            for id in ids { requests.fail(id) { .connectionLost(request: $0, endpoint: $1) } }
        }
        flush()
    }
}
