package import Wire

/// Why keys cannot be used. Every case names the file and what to do.
package enum KeyError: Error, Sendable, Equatable {
    case unreadable(path: String, reason: String)
    case unwritable(path: String, reason: String)
    /// Others than the owner could read a secret, or change who is let in.
    case permissions(path: String, mode: UInt32, allowed: String)
    /// The file belongs to somebody else.
    case owner(path: String, user: UInt32)
    case malformed(path: String, line: Int, String)
    /// No secret key in the directory is for such a process.
    case noKey(directory: String, role: Role, id: String)
    /// The secret key's public part does not stand in the allow list.
    case notAllowed(path: String, AllowedKey)
    case exists(path: String)
    case invalidName(String)
    /// Nothing in the allow list fits what was to be revoked.
    case nothingToRevoke(path: String, String)
}

extension KeyError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "cannot read \(path): \(reason); apus keys init makes a directory of keys"
        case .unwritable(let path, let reason):
            "cannot write \(path): \(reason)"
        case .permissions(let path, let mode, let allowed):
            "\(path) has the permissions \(String(mode, radix: 8)), and others could use it; allowed is at most \(allowed): "
                + "chmod \(allowed) \(path)"
        case .owner(let path, let user):
            "\(path) belongs to the user \(user), not to this process's user nor to root: chown it, or make keys of your own"
        case .malformed(let path, let line, let reason):
            "\(path):\(line): \(reason)"
        case .noKey(let directory, let role, let id):
            "there is no secret key in \(directory) for the \(role.rawValue) \(id): "
                + "apus keys issue --keys \(directory) --role \(role.rawValue) --name \(id)"
        case .notAllowed(let path, let key):
            "\(path) does not have the key \(key.key) of the \(key.role.rawValue) \(key.name): it was revoked, or the list is "
                + "another one's; apus keys issue makes a new key"
        case .exists(let path):
            "\(path) exists already; apus keys issue adds keys to it"
        case .invalidName(let name):
            "the name \(name.prefix(80)) is not \(KeyName.rule)"
        case .nothingToRevoke(let path, let what):
            "\(path) has no key \(what); apus keys list shows what it has"
        }
    }
}
