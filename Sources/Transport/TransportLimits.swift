package import Wire

/// Bounds of one endpoint, in items, bytes and time.
///
/// Invariant: each is positive, and the largest message fits into the queues.
package struct TransportLimits: Sendable, Equatable {
    /// What may be received: libzmq cuts the connection of whoever announces a larger frame than any allowed; a message
    /// with too many frames or bytes is read to its end, dropped and counted.
    package var wire = WireLimits.standard
    /// Messages on their way to one peer: in our queue and in libzmq's, not yet handed to the kernel.
    package var outboundItems = 1024
    /// Bytes on their way to one peer.
    package var outboundBytes = 512 << 20
    /// Bytes on their way to all peers of the endpoint.
    package var outboundTotalBytes = 1 << 30
    /// Requests without an answer yet.
    package var pendingRequests = 4096
    /// Messages that libzmq keeps per peer before it stops reading from that peer's connection.
    package var inboundItems = 256
    /// Messages that one connection may send per second on average. An honest peer asks for a few thousand pieces of weights
    /// per second at the most.
    package var peerMessagesPerSecond = 20_000
    /// Messages that one connection may send at once.
    package var peerMessageBurst = 20_000
    /// Messages handled before the other endpoints, timers and jobs have their turn.
    package var roundItems = 64
    /// Bytes handled before the others have their turn; the message that passes the limit is the last.
    package var roundBytes = 16 << 20
    /// How often a silent connection is probed.
    package var heartbeatInterval = Duration.seconds(2)
    /// Silence after which the connection is given up.
    package var heartbeatTimeout = Duration.seconds(10)
    /// Time for the greeting; whoever takes longer is no peer.
    package var handshakeTimeout = Duration.seconds(5)
    /// First pause before a new attempt to connect; it doubles up to `reconnectMaximum`.
    package var reconnectMinimum = Duration.milliseconds(100)
    package var reconnectMaximum = Duration.seconds(3)
    /// Time to send what is queued when the endpoint closes.
    package var linger = Duration.milliseconds(500)

    /// The limits that the roles use.
    package init() {}

    /// Largest frame that is let in.
    var frameBytes: Int { wire.tensorCount == 0 ? wire.envelopeBytes : max(wire.envelopeBytes, wire.tensorBytes) }
    /// A routing id, the envelope and its tensors.
    var frames: Int { 2 + wire.tensorCount }

    func check() {
        precondition(min(outboundItems, pendingRequests, inboundItems, roundItems, roundBytes, frameBytes) > 0)
        precondition(min(peerMessagesPerSecond, peerMessageBurst) > 0)
        precondition(outboundBytes > 0 && outboundBytes <= outboundTotalBytes)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that nothing is early.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
