import CZeroMQ
import Glibc
import Wire

/// What every endpoint is made of: a socket with all its options set, the monitor of its connections, counters.
///
/// Owner: one endpoint. Invariant: used on the reactor's thread only; once closed, nothing is sent or received.
final class Channel {
    enum Attachment {
        case bind(EndpointAddress)
        case connect(EndpointAddress)

        var address: EndpointAddress {
            switch self {
            case .bind(let address), .connect(let address): address
            }
        }
    }

    let reactor: Reactor
    let limits: TransportLimits
    /// The address with the real port.
    let address: EndpointAddress
    var counters = TransportCounters()
    var onEvent: ((TransportEvent) -> Void)?
    private(set) var isClosed = false
    private let socket: Socket
    private let monitor: SocketMonitor
    private let isBound: Bool
    private var lastMessageID: UInt64 = 0

    init(
        reactor: Reactor, kind: Socket.Kind, _ attachment: Attachment, security: SecurityPolicy, limits: TransportLimits
    ) throws(TransportError) {
        reactor.requireThread()
        limits.check()
        guard reactor.isOpen else { throw .closed(endpoint: attachment.address.description) }
        self.reactor = reactor
        self.limits = limits
        isBound = if case .bind = attachment { true } else { false }
        socket = try Socket(context: reactor.context, kind: kind)
        do throws(TransportError) {
            try socket.configure(kind, for: attachment.address, limits: limits)
            try security.apply(to: socket, for: attachment.address)
            monitor = try SocketMonitor(
                context: reactor.context, socket: socket, name: String(reactor.nextChannelNumber()))
        } catch {
            socket.close()
            throw error
        }
        do throws(TransportError) {
            address = try Self.attach(socket, attachment)
        } catch {
            monitor.close()
            socket.close()
            throw error
        }
    }

    private static func attach(_ socket: Socket, _ attachment: Attachment) throws(TransportError) -> EndpointAddress {
        switch attachment {
        case .bind(let address):
            try UnixSocketFile.requireFree(for: address)
            try socket.bind(to: address)
            return try socket.lastEndpoint()
        case .connect(let address):
            try address.requireConnectable()
            try socket.connect(to: address)
            return address
        }
    }

    var socketHandle: UnsafeMutableRawPointer { socket.handle }
    var monitorHandle: UnsafeMutableRawPointer { monitor.handle }

    /// Ends the socket; what it still has to send is sent within the linger time.
    func close() {
        reactor.requireThread()
        precondition(!isClosed, "\(address) was closed twice")
        isClosed = true
        onEvent = nil
        if isBound { UnixSocketFile.remove(for: address) }
        monitor.close()
        socket.close()
    }

    func requireOpen() throws(TransportError) {
        reactor.requireThread()
        if isClosed { throw .closed(endpoint: address.description) }
    }

    // MARK: Receiving

    /// Hands over what has arrived, within the limits of a round; returns whether nothing was left.
    func receiveRound(_ handle: (Socket.Received) -> Void) -> Bool {
        var items = 0
        var bytes = 0
        while !isClosed, items < limits.roundItems, bytes < limits.roundBytes {
            guard let received = receive() else { return true }
            items += 1
            bytes += received.bytes
            counters.messagesReceived += 1
            counters.bytesReceived += received.bytes
            handle(received)
        }
        return isClosed
    }

    private func receive() -> Socket.Received? {
        do {
            return try socket.receive(limits: limits)
        } catch {
            // Only a bug can cause it: an invalid socket, or one used after the context's end.
            preconditionFailure("\(address): \(error)")
        }
    }

    /// The next news about a connection, counted and told.
    func nextConnectionEvent() -> SocketMonitor.Event? {
        guard !isClosed, let event = monitor.next() else { return nil }
        switch event {
        case .accepted: break
        case .connected:
            counters.connections += 1
            onEvent?(.connected)
        case .handshakeFailed(let reason):
            counters.handshakeFailures += 1
            onEvent?(.handshakeFailed(reason: reason))
        case .disconnected:
            counters.disconnections += 1
        }
        return event
    }

    func drop(_ reason: DropReason, peer: PeerID? = nil) {
        counters.drop(reason)
        onEvent?(.dropped(reason, peer: peer))
    }

    /// The envelope in the frames, or what is wrong with them, counted and told.
    func decode(_ received: Socket.Received, from peer: PeerID?) -> Result<Envelope, WireError> {
        do throws(WireError) {
            if received.isOversized {
                throw .oversized(what: "message", count: received.bytes, limit: limits.wire.messageBytes)
            }
            return .success(try WireCoder.decode(received.frames, limits: limits.wire))
        } catch {
            counters.drop(received.isOversized ? .oversized : .malformed)
            counters.malformed[error.reason, default: 0] += 1
            onEvent?(.malformed(peer: peer, error))
            return .failure(error)
        }
    }

    // MARK: Sending

    struct Outbound {
        let messageID: UInt64
        let frames: [Frame]
        let charge: OutboundCharge
    }

    /// Puts a message into frames and charges it.
    func prepare(_ message: Message, inReplyTo: UInt64, budget: OutboundBudget) throws(TransportError) -> Outbound {
        try requireOpen()
        lastMessageID += 1
        let envelope = Envelope(messageID: lastMessageID, inReplyTo: inReplyTo, message: message)
        let frames: [Frame]
        do throws(WireError) {
            frames = try WireCoder.encode(envelope)
        } catch {
            throw .notEncodable(endpoint: address.description, error)
        }
        let bytes = frames.reduce(0) { $0 + $1.count }
        guard bytes <= limits.outboundBytes else {
            drop(.oversized)
            let error = WireError.oversized(what: "message in bytes", count: bytes, limit: limits.outboundBytes)
            throw .notEncodable(endpoint: address.description, error)
        }
        guard let charge = budget.charge(bytes: bytes) else {
            drop(.queueFull)
            let usage = budget.usage
            throw .queueFull(endpoint: address.description, items: usage.items, bytes: usage.bytes)
        }
        return Outbound(messageID: lastMessageID, frames: frames, charge: charge)
    }

    func send(_ outbound: Outbound, to peer: PeerID? = nil) throws(TransportError) -> Socket.Sending {
        let sending = try socket.send(outbound.frames, to: peer, charge: outbound.charge)
        if case .sent = sending {
            counters.messagesSent += 1
            counters.bytesSent += outbound.charge.bytes
        }
        return sending
    }
}

extension Channel {
    /// Which message a malformed one is, and which it answers, if at least that can be read.
    func originOfMalformed(_ received: Socket.Received) -> (messageID: UInt64, inReplyTo: UInt64)? {
        guard let frame = received.frames.first else { return nil }
        do throws(WireError) {
            let preamble = try EnvelopePreamble(frame)
            return (preamble.messageID, preamble.inReplyTo)
        } catch {
            // Not even an envelope: the error is counted already.
            return nil
        }
    }
}
