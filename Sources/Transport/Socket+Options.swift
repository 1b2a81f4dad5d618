import CZeroMQ

extension Socket {
    /// Sets every option that bounds memory and time, before the socket binds or connects.
    func configure(_ kind: Kind, for address: EndpointAddress, limits: TransportLimits) throws(TransportError) {
        try set(ZMQ_LINGER, limits.linger.milliseconds)
        try set(ZMQ_MAXMSGSIZE, limits.frameBytes)
        // Our own budget must refuse first, with an error. libzmq learns of what was read in steps of half its mark.
        try set(ZMQ_SNDHWM, 2 * limits.outboundItems + 64)
        try set(ZMQ_RCVHWM, limits.inboundItems)
        try set(ZMQ_HEARTBEAT_IVL, limits.heartbeatInterval.milliseconds)
        try set(ZMQ_HEARTBEAT_TIMEOUT, limits.heartbeatTimeout.milliseconds)
        // The peer gives us up after the same silence.
        try set(ZMQ_HEARTBEAT_TTL, limits.heartbeatTimeout.milliseconds)
        try set(ZMQ_HANDSHAKE_IVL, limits.handshakeTimeout.milliseconds)
        try set(ZMQ_CONNECT_TIMEOUT, limits.handshakeTimeout.milliseconds)
        try set(ZMQ_RECONNECT_IVL, limits.reconnectMinimum.milliseconds)
        try set(ZMQ_RECONNECT_IVL_MAX, limits.reconnectMaximum.milliseconds)
        if address.usesIPv6 { try set(ZMQ_IPV6, 1) }
        switch kind {
        case .router: try set(ZMQ_ROUTER_MANDATORY, 1)
        // Without a connection nothing is handed to libzmq: it would deliver old requests to the next connection.
        case .dealer: try set(ZMQ_IMMEDIATE, 1)
        case .publisher: break
        case .subscriber: try subscribeToAll()
        }
    }
}
