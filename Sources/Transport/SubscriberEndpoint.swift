package import Wire

/// Hears the notices of one publisher, reconnected for as long as the endpoint is open.
///
/// Owner: an actor on the reactor; used and closed on the reactor's thread only. Notices may be lost: after
/// `onConnectionChange(true)`, and from time to time, the owner asks for what it might have missed.
package final class SubscriberEndpoint {
    /// A notice came.
    package var onMessage: ((Envelope) -> Void)?
    /// The connection was made (true) or is gone (false).
    package var onConnectionChange: ((Bool) -> Void)?
    package private(set) var isConnected = false

    private let channel: Channel

    /// Connects, in the background, to `peer` at `address`.
    package init(
        reactor: Reactor, connect address: EndpointAddress, expecting peer: ExpectedPeer = .learner,
        limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        channel = try Channel(
            reactor: reactor, kind: .subscriber, .connect(address, expecting: peer), limits: limits)
        reactor.add(self)
    }

    /// The address of the publisher.
    package var address: EndpointAddress { channel.address }

    /// What the endpoint has done so far.
    package var counters: TransportCounters { channel.counters }

    /// News for the log.
    package var onEvent: ((TransportEvent) -> Void)? {
        get { channel.onEvent }
        set { channel.onEvent = newValue }
    }

    /// Ends the connection. Closing again does nothing.
    package func close() {
        guard !channel.isClosed else { return }
        channel.close()
        channel.reactor.remove(self)
        isConnected = false
        onMessage = nil
        onConnectionChange = nil
    }

    private func handle(_ received: Socket.Received) {
        // A malformed notice is counted and told by `decode`; a publisher hears no answers.
        guard case .success(let envelope) = channel.decode(received, from: nil) else { return }
        guard let onMessage else { return channel.drop(.unhandled) }
        onMessage(envelope)
    }

    private func handleConnectionEvents() {
        while let event = channel.nextConnectionEvent() {
            switch event {
            case .connected: change(to: true)
            case .disconnected:
                channel.onEvent?(.disconnected(peer: nil))
                change(to: false)
            case .accepted, .handshakeFailed: break
            }
        }
    }

    private func change(to connected: Bool) {
        guard isConnected != connected else { return }
        isConnected = connected
        onConnectionChange?(connected)
    }
}

extension SubscriberEndpoint: Pollable {
    var socketHandle: UnsafeMutableRawPointer { channel.socketHandle }
    var monitorHandle: UnsafeMutableRawPointer { channel.monitorHandle }
    var wantsToWrite: Bool { false }

    func revoked(_ keys: Set<PublicKey>) { channel.revoked(keys) }

    func serve() {
        handleConnectionEvents()
        _ = channel.receiveRound(handle)
    }
}
