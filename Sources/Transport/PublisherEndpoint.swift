package import Wire

/// Tells any number of subscribers something that they can also learn otherwise: that a version is out.
///
/// Owner: an actor on the reactor; used and closed on the reactor's thread only. Invariant: a slow subscriber loses
/// notices, and nothing else happens. Never for messages that matter.
package final class PublisherEndpoint {
    private let channel: Channel
    private let budget: OutboundBudget
    /// File descriptors of the connections.
    private var descriptors: Set<Int32> = []

    /// Listens at `address` for subscribers with one of `roles`; port 0 takes any free port, see `boundAddress`.
    package init(
        reactor: Reactor, bind address: EndpointAddress, admitting roles: Set<Role> = [],
        limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        channel = try Channel(
            reactor: reactor, kind: .publisher, .bind(address, admitting: roles), limits: limits)
        budget = OutboundBudget(items: limits.outboundItems, bytes: limits.outboundTotalBytes)
        reactor.add(self)
    }

    /// Where the endpoint listens, with the real port.
    package var boundAddress: EndpointAddress { channel.address }

    /// What the endpoint has done so far. A notice counts once, however many subscribers there are.
    package var counters: TransportCounters { channel.counters }

    /// News for the log.
    package var onEvent: ((TransportEvent) -> Void)? {
        get { channel.onEvent }
        set { channel.onEvent = newValue }
    }

    /// Sends a notice to whoever is subscribed now.
    package func publish(_ message: Message) throws(TransportError) {
        _ = try channel.send(try channel.prepare(message, inReplyTo: 0, budget: budget))
    }

    /// Stops listening. Closing again does nothing.
    package func close() {
        guard !channel.isClosed else { return }
        channel.close()
        channel.reactor.remove(self)
    }
}

extension PublisherEndpoint: Pollable {
    var socketHandle: UnsafeMutableRawPointer { channel.socketHandle }
    var monitorHandle: UnsafeMutableRawPointer { channel.monitorHandle }
    var wantsToWrite: Bool { false }

    func serve() {
        while let event = channel.nextConnectionEvent() {
            switch event {
            case .accepted(let descriptor): descriptors.insert(descriptor)
            case .disconnected(let descriptor):
                descriptors.remove(descriptor)
                channel.onEvent?(.disconnected(peer: nil))
            case .connected, .handshakeFailed: break
            }
        }
    }

    /// Whose connection is whose is not known here: all end, and those who are allowed come back.
    func revoked(_ keys: Set<PublicKey>) {
        for descriptor in descriptors { Socket.cut(descriptor) }
    }
}
