package import Wire

/// One line of the allow list: a key, the role that its owner may take, and the owner's name.
///
/// The name bounds the ids of members: `host7` may join as `host7` and as `host7-` and anything. A name may have several
/// keys, so that one can take over from another.
package struct AllowedKey: Sendable, Hashable {
    package let role: Role
    package let name: String
    package let key: PublicKey

    package init(role: Role, name: String, key: PublicKey) {
        self.role = role
        self.name = name
        self.key = key
    }

    package func admits(id: String) -> Bool { Self.name(name, admits: id) }

    static func name(_ name: String, admits id: String) -> Bool { id == name || id.hasPrefix(name + "-") }

    /// Why a member that connected with this key may not join as what it says it is; nil if it may.
    package func refusal(of member: Member) -> Failure? {
        guard member.role == role else {
            return unauthorised(
                "the key \(key) is for the role \(role.rawValue), not \(member.role.rawValue): "
                    + "apus keys issue --role \(member.role.rawValue)")
        }
        guard admits(id: member.id) else {
            return unauthorised(
                "the key \(key) of \(name) admits the ids \(name) and \(name)-…, not \(member.id): "
                    + "choose such an --id, or apus keys issue --name \(member.id)")
        }
        guard member.endpoints.allSatisfy({ $0.serverKey == key.bytes }) else {
            return unauthorised("\(member.id) announced an endpoint with another key than its own, \(key)")
        }
        return nil
    }

    private func unauthorised(_ message: String) -> Failure { Failure(code: .unauthorised, message: message) }
}
