import CZeroMQ

extension Socket {
    /// Makes a socket that will bind let in only who proves to have a key that the doorkeeper allows. All three of the server's
    /// flag, the domain and its enforcement are needed: without any of them libzmq lets everybody in.
    func protect(server own: OwnKey, domain: String) throws(TransportError) {
        try set(ZMQ_CURVE_SERVER, 1)
        try set(ZMQ_CURVE_SECRETKEY, own.secret.bytes)
        try set(ZMQ_ZAP_DOMAIN, Array(domain.utf8))
        try set(ZMQ_ZAP_ENFORCE_DOMAIN, 1)
    }

    /// Makes a socket that will connect talk to nobody but the owner of `server`.
    func protect(client own: OwnKey, server: PublicKey) throws(TransportError) {
        try set(ZMQ_CURVE_SERVERKEY, server.bytes)
        try set(ZMQ_CURVE_PUBLICKEY, own.allowed.key.bytes)
        try set(ZMQ_CURVE_SECRETKEY, own.secret.bytes)
    }

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
