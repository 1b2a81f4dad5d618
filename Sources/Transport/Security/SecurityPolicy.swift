package import Wire

/// How the sockets of a process protect what they carry: one choice for all of a reactor's sockets, applied where a socket is
/// made, before it binds or connects.
package enum SecurityPolicy: Sendable, Equatable {
    /// Neither encryption nor authentication: only where nothing leaves the machine.
    case cleartext
    /// CURVE: encrypted, both sides known by their keys, everybody else refused.
    case curve(Keyring)

    /// This process's public key, as it stands in `Endpoint.serverKey`; empty in clear text.
    package var serverKey: [UInt8] {
        if case .curve(let keyring) = self { keyring.own.allowed.key.bytes } else { [] }
    }
}

/// What a process needs for CURVE: its own key, and who else may take part.
package struct Keyring: Sendable, Equatable {
    package let directory: KeyDirectory
    package let own: OwnKey
    /// As it was at the start; the `Doorkeeper` follows its changes.
    let allowList: AllowList
    let stamp: KeyFile.Stamp

    /// Reads the keys of a process, and makes sure that they can be used: files that nobody else can read or change, a key
    /// for this role and id, and that key allowed.
    package init(directory path: String, role: Role, id: String) throws(KeyError) {
        directory = KeyDirectory(path: path)
        own = try directory.ownKey(role: role, id: id)
        (allowList, stamp) = try directory.readAllowList()
        guard allowList[own.allowed.key] == own.allowed else {
            throw .notAllowed(path: directory.allowListPath, own.allowed)
        }
    }
}

/// Who must answer at the other end of a connection that we make. Means nothing in clear text.
package struct ExpectedPeer: Sendable, Equatable {
    enum Keys: Sendable, Equatable {
        /// Whichever allowed key of the role turns out to be the right one.
        case anyAllowed
        /// The one that the membership names, if it is allowed.
        case announced([UInt8])
    }

    let role: Role
    let keys: Keys

    /// The learner, at the address that the user named.
    package static let learner = ExpectedPeer(role: .learner, keys: .anyAllowed)

    /// The member that announced this endpoint.
    package static func member(_ role: Role, at endpoint: Endpoint) -> ExpectedPeer {
        ExpectedPeer(role: role, keys: .announced(endpoint.serverKey))
    }

    /// Keys to try, in this order.
    func candidates(in list: AllowList, for address: EndpointAddress) throws(TransportError) -> [PublicKey] {
        switch keys {
        case .anyAllowed:
            let keys = list.keys(of: role)
            if keys.isEmpty { throw .serverNotAllowed(address, role: role, key: nil) }
            return keys
        case .announced(let bytes):
            guard let key = PublicKey(bytes: bytes), list[key]?.role == role else {
                throw .serverNotAllowed(address, role: role, key: PublicKey(bytes: bytes))
            }
            return [key]
        }
    }
}
