/// How the sockets of a process protect what they carry; applied where a socket is made, before it binds or connects.
package enum SecurityPolicy: Sendable, Equatable {
    /// Neither encryption nor authentication: only where nothing leaves the machine.
    case cleartext

    /// Prepares a socket for `address`, or refuses the address.
    func apply(to socket: Socket, for address: EndpointAddress) throws(TransportError) {
        switch self {
        case .cleartext:
            guard address.isLocal else { throw .cleartextRefused(address) }
        }
    }
}
