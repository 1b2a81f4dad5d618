package import Wire

/// A peer that proved to have a key, and was not let in.
package struct PeerRefusal: Sendable, Hashable {
    package enum Reason: Sendable, Hashable {
        /// The key does not stand in the allow list: a stranger's, or revoked.
        case unknownKey
        /// The key is allowed, and its role has no business at this address.
        case wrongRole(Role, name: String)

        /// A stable word for counters.
        package var name: String {
            switch self {
            case .unknownKey: "unknown_key"
            case .wrongRole: "wrong_role"
            }
        }
    }

    package let key: PublicKey
    package let reason: Reason
}

extension PeerRefusal: CustomStringConvertible {
    package var description: String {
        switch reason {
        case .unknownKey: "the key \(key) is not in the allow list"
        case .wrongRole(let role, let name):
            "the key \(key) of \(name) is for the role \(role.rawValue), which has no access here"
        }
    }
}

/// News about the allow list, for the log.
package enum KeyNews: Sendable, Equatable {
    case reloaded(added: [AllowedKey], removed: [AllowedKey])
    /// The list as it was stays in force.
    case unreadable(KeyError)
}
