import CZeroMQ
import Glibc
import Wire

/// What every endpoint is made of: a socket with all its options set, the monitor of its connections, counters.
///
/// Owner: one endpoint. Invariant: used on the reactor's thread only; once closed, nothing is sent or received; the socket is
/// protected as the reactor's security policy says before it binds or connects.
///
/// libzmq gives a connection up for good, in silence, when its greeting is refused or when what comes breaks its protocol. The
/// channel then takes a fresh socket after a pause, with the next of the keys that the other side might have.
final class Channel {
    enum Attachment {
        /// Lets in the roles given.
        case bind(EndpointAddress, admitting: Set<Role>)
        case connect(EndpointAddress, expecting: ExpectedPeer)

        var address: EndpointAddress {
            switch self {
            case .bind(let address, _), .connect(let address, _): address
            }
        }
    }

    let reactor: Reactor
    let limits: TransportLimits
    /// The address with the real port.
    private(set) var address: EndpointAddress
    var counters = TransportCounters()
    var onEvent: ((TransportEvent) -> Void)?
    private(set) var isClosed = false
    private let kind: Socket.Kind
    private let attachment: Attachment
    private let number: Int
    private(set) var link: ChannelLink
    /// Of the last message that was put into frames.
    var lastMessageID: UInt64 = 0
    /// Sockets that have been tried before this one.
    private var attempts = 0
    private var reopening: TimerToken?
    /// Whether `reopening` is only for the case that libzmq does not connect again by itself.
    private var isReopeningInDoubt = false
    private var pause: Duration
    /// The connection that `reopen` has ended, until it is told.
    private var isCut = false

    init(
        reactor: Reactor, kind: Socket.Kind, _ attachment: Attachment, limits: TransportLimits
    ) throws(TransportError) {
        reactor.requireThread()
        limits.check()
        guard reactor.isOpen else { throw .closed(endpoint: attachment.address.description) }
        self.reactor = reactor
        self.limits = limits
        self.kind = kind
        self.attachment = attachment
        number = reactor.nextChannelNumber()
        pause = limits.reconnectMinimum
        link = try ChannelLink(reactor, kind, attachment.address, limits)
        address = attachment.address
        do throws(TransportError) {
            try attach()
        } catch {
            link.close()
            throw error
        }
        openDoor()
    }

    /// Protects the socket, then binds or connects it.
    private func attach() throws(TransportError) {
        if case .cleartext = reactor.security, !attachment.address.isLocal {
            throw .cleartextRefused(attachment.address)
        }
        switch attachment {
        case .bind(let address, _):
            try UnixSocketFile.requireFree(for: address)
            if let keyring = reactor.doorkeeper?.keyring {
                try link.socket.protect(server: keyring.own, domain: Doorkeeper.domain(ofChannel: number))
            }
            try link.socket.bind(to: address)
            self.address = try link.socket.lastEndpoint()
        case .connect(let address, let peer):
            try address.requireConnectable()
            if let doorkeeper = reactor.doorkeeper {
                let keys = try peer.candidates(in: doorkeeper.allowList, for: address)
                let key = keys[attempts % keys.count]
                link.server = key
                link.candidates = keys.count
                try link.socket.protect(client: doorkeeper.keyring.own, server: key)
            }
            try link.socket.connect(to: address)
        }
    }

    var socketHandle: UnsafeMutableRawPointer { link.socket.handle }
    var monitorHandle: UnsafeMutableRawPointer { link.monitor.handle }

    /// Ends the socket; what it still has to send is sent within the linger time.
    func close() {
        reactor.requireThread()
        precondition(!isClosed, "\(address) was closed twice")
        isClosed = true
        onEvent = nil
        cancelReopening()
        if case .bind = attachment {
            reactor.doorkeeper?.close(doorOfChannel: number)
            UnixSocketFile.remove(for: address)
        }
        link.close()
    }

    // MARK: Security

    private func openDoor() {
        guard case .bind(_, let roles) = attachment else { return }
        let door = Doorkeeper.Door(roles: roles) { [unowned self] refusal in
            counters.refusedPeers[refusal.reason.name, default: 0] += 1
            onEvent?(.refused(refusal))
        }
        reactor.doorkeeper?.open(door, ofChannel: number)
    }

    /// Whether a message from the owner of this key, or of none, may be handled; the allow list may have changed since the
    /// connection was let in.
    func admits(_ key: PublicKey?) -> Bool {
        guard let doorkeeper = reactor.doorkeeper else { return true }
        guard case .bind(_, let roles) = attachment, let key, let allowed = doorkeeper.allowList[key] else {
            return false
        }
        return roles.contains(allowed.role)
    }

    /// Keys are allowed no more: a connection to the owner of one of them ends.
    func revoked(_ keys: Set<PublicKey>) {
        guard let server = link.server, keys.contains(server) else { return }
        isCut = true
        reopen()
    }

    /// A greeting failed. libzmq repeats a greeting that broke off, but not with another key, and not one that was refused.
    private func greetingFailed(_ failure: GreetingFailure) {
        guard case .connect = attachment, failure.isFinal || link.candidates > 1 else { return }
        if isReopeningInDoubt { cancelReopening() }
        scheduleReopening(after: pause)
        pause = min(pause * 2, limits.reconnectMaximum)
    }

    private func scheduleReopening(after delay: Duration) {
        guard reopening == nil, !isClosed else { return }
        reopening = reactor.schedule(after: delay, name: "next attempt to connect to \(address)") { [unowned self] in
            cancelReopening()
            reopen()
        }
    }

    private func cancelReopening() {
        if let reopening { reactor.cancel(reopening) }
        reopening = nil
        isReopeningInDoubt = false
    }

    /// A connection has ended. libzmq makes it anew, unless the other side's last words broke its protocol; it does not say.
    private func awaitReconnection() {
        guard case .connect = attachment, reopening == nil else { return }
        scheduleReopening(after: limits.reconnectMaximum * 2)
        isReopeningInDoubt = true
    }

    private func reopen() {
        let former = link
        attempts += 1
        do throws(TransportError) {
            link = try ChannelLink(reactor, kind, attachment.address, limits)
        } catch {
            // Sockets or descriptors have run out: the old one stays until there are some.
            return scheduleReopening(after: limits.reconnectMaximum)
        }
        former.close()
        do throws(TransportError) {
            try attach()
        } catch {
            // Nobody who could answer is allowed at the moment: the socket stays unconnected until somebody is.
            scheduleReopening(after: limits.reconnectMaximum)
        }
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
            return try link.socket.receive(limits: limits)
        } catch {
            // Only a bug can cause it: an invalid socket, or one used after the context's end.
            preconditionFailure("\(address): \(error)")
        }
    }

    /// The next news about a connection, counted and told.
    func nextConnectionEvent() -> SocketMonitor.Event? {
        guard !isClosed else { return nil }
        if isCut {
            isCut = false
            counters.disconnections += 1
            return .disconnected(descriptor: -1)
        }
        guard let event = link.monitor.next() else { return nil }
        switch event {
        case .accepted: break
        case .connected:
            cancelReopening()
            pause = limits.reconnectMinimum
            counters.connections += 1
            onEvent?(.connected)
        case .handshakeFailed(let failure):
            note(failure)
        case .disconnected:
            counters.disconnections += 1
            awaitReconnection()
        }
        return event
    }

    private func note(_ failure: GreetingFailure) {
        counters.handshakeFailures += 1
        // Whom the doorkeeper refused, it has told with the key.
        if case .bind = attachment, case .refused = failure { return }
        if case .bind = attachment { counters.refusedPeers[failure.reason, default: 0] += 1 }
        onEvent?(.handshakeFailed(failure))
        greetingFailed(failure)
    }

    func drop(_ reason: DropReason, peer: PeerID? = nil) {
        counters.drop(reason)
        onEvent?(.dropped(reason, peer: peer))
    }
}
