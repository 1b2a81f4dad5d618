package import Wire

/// Why something could not be sent, received or set up. Every case names the endpoint concerned.
package enum TransportError: Error, Sendable, Equatable {
    /// The address is not well formed or not usable for what was asked.
    case invalidAddress(String, reason: String)
    /// Somebody else listens there; `owner` when it could be found out.
    case addressInUse(EndpointAddress, owner: String?)
    /// The security policy does not allow clear text there.
    case cleartextRefused(EndpointAddress)
    /// Nobody who could answer there, in the role that must answer, is in the allow list.
    case serverNotAllowed(EndpointAddress, role: Role, key: PublicKey?)
    /// The peer takes messages more slowly than they are made. Nothing was sent; try again when it has caught up.
    case queueFull(endpoint: String, items: Int, bytes: Int)
    /// No such peer is connected (any more). Nothing was sent.
    case unreachable(endpoint: String, peer: PeerID)
    /// There was no connection in all that time. Nothing was sent.
    case noConnection(request: String, endpoint: String, after: Duration)
    /// No answer came in time. Whether the request was done is unknown.
    case noReply(request: String, endpoint: String, after: Duration)
    /// The connection broke before the answer came. Whether the request was done is unknown.
    case connectionLost(request: String, endpoint: String)
    /// The peer answered that it did not do the request.
    case refused(request: String, endpoint: String, Failure)
    /// The answer that came was not what the protocol says.
    case malformedReply(request: String, endpoint: String, WireError)
    /// The message cannot be put on the wire.
    case notEncodable(endpoint: String, WireError)
    /// The endpoint, or its reactor, is closed.
    case closed(endpoint: String)
    /// A call of libzmq or of the system failed.
    case system(operation: String, code: Int32, reason: String)
}

extension TransportError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidAddress(let address, let reason):
            "address \"\(address)\" is not usable: \(reason)"
        case .addressInUse(let address, let owner):
            "\(address) is in use by \(owner ?? "a process that is not visible from here"); choose another one or stop it"
        case .cleartextRefused(let address):
            "\(address) leaves this machine, and clear text is allowed on loopback and ipc addresses only; "
                + "give --keys DIR (apus keys init DIR)"
        case .serverNotAllowed(let address, let role, let key):
            key.map { "the key \($0) that \(address) has is not in the allow list for the role \(role.rawValue)" }
                ?? "the allow list has no key for a \(role.rawValue) at \(address)"
        case .queueFull(let endpoint, let items, let bytes):
            "\(endpoint): the outbound queue is full, with \(items) messages of \(bytes) bytes waiting"
        case .unreachable(let endpoint, let peer):
            "\(endpoint): peer \(peer) is not connected"
        case .noConnection(let request, let endpoint, let duration):
            "\(request) \(endpoint): no connection for \(duration.inSeconds) s"
        case .noReply(let request, let endpoint, let duration):
            "\(request) \(endpoint): no reply for \(duration.inSeconds) s"
        case .connectionLost(let request, let endpoint):
            "\(request) \(endpoint): the connection was lost before the reply"
        case .refused(let request, let endpoint, let failure):
            "\(request) \(endpoint): refused (\(failure.code.rawValue)): \(failure.message)"
        case .malformedReply(let request, let endpoint, let error):
            "\(request) \(endpoint): the reply was not understood: \(error)"
        case .notEncodable(let endpoint, let error):
            "\(endpoint): the message cannot be sent: \(error)"
        case .closed(let endpoint):
            "\(endpoint): closed"
        case .system(let operation, let code, let reason):
            "\(operation): \(reason) (error \(code))"
        }
    }
}

extension Duration {
    /// Seconds with one decimal, for people.
    var inSeconds: String {
        let (seconds, attoseconds) = components
        let tenths = seconds * 10 + attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
