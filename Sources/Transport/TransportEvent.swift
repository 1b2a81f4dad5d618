package import Wire

/// Something about an endpoint's connections that belongs in a log. None is an error of this process.
package enum TransportEvent: Sendable, Equatable {
    case connected
    /// A connection ended; `peer` when a router knows whose it was.
    case disconnected(peer: PeerID?)
    case handshakeFailed(GreetingFailure)
    /// Somebody with a key was not let in.
    case refused(PeerRefusal)
    /// A message that is not what the protocol says was dropped, and answered with a failure where possible.
    case malformed(peer: PeerID?, WireError)
    /// A message was dropped.
    case dropped(DropReason, peer: PeerID?)
}

extension TransportEvent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .connected: "connected"
        case .disconnected(let peer): "disconnected\(Self.of(peer))"
        case .handshakeFailed(let failure): "a greeting failed: \(failure)"
        case .refused(let refusal): "a peer was refused: \(refusal)"
        case .malformed(let peer, let error): "malformed message\(Self.of(peer)): \(error)"
        case .dropped(let reason, let peer): "message\(Self.of(peer)) dropped: \(reason.rawValue)"
        }
    }

    private static func of(_ peer: PeerID?) -> String { peer.map { " (peer \($0))" } ?? "" }
}
