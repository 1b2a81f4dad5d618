/// A socket and the monitor of its connections: what a channel makes anew after a refused greeting.
///
/// Owner: one channel, which closes it. Invariant: the socket has all its options set.
struct ChannelLink {
    let socket: Socket
    let monitor: SocketMonitor
    /// Whose key the other side must prove to have; nil for bound sockets, in clear text, and while nobody is allowed.
    var server: PublicKey?
    /// How many keys there are to try.
    var candidates = 1

    init(
        _ reactor: Reactor, _ kind: Socket.Kind, _ address: EndpointAddress, _ limits: TransportLimits
    ) throws(TransportError) {
        socket = try Socket(context: reactor.context, kind: kind)
        do throws(TransportError) {
            try socket.configure(kind, for: address, limits: limits)
            let name = String(reactor.nextChannelNumber())
            monitor = try SocketMonitor(context: reactor.context, socket: socket, name: name)
        } catch {
            socket.close()
            throw error
        }
    }

    func close() {
        monitor.close()
        socket.close()
    }
}
