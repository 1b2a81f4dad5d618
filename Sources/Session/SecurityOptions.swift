package import ArgumentParser
import Foundation
import Logging
package import Transport
package import Wire

/// `--keys` and `--cleartext`: how a process protects its connections. One of them must be there.
package struct SecurityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Directory of keys: the allow list, and a secret key for this role and id (see apus keys --help).",
            valueName: "dir"))
    package var keys: String?

    @Flag(help: "Neither encryption nor authentication; for loopback and ipc addresses only.")
    package var cleartext = false

    package init() {}

    package func validate() throws {
        if cleartext, let keys { throw ValidationError("--cleartext and --keys \(keys) exclude each other") }
    }

    /// What the options ask for; a start without keys must be asked for by name.
    ///
    /// - Parameter allowsCleartext: whether the run's configuration has asked for it.
    package func policy(role: Role, id: String, allowsCleartext: Bool = false) throws -> SecurityPolicy {
        if let keys { return .curve(try Keyring(directory: keys, role: role, id: id)) }
        guard cleartext || allowsCleartext else {
            throw ValidationError(
                "a \(role.rawValue) needs --keys DIR (apus keys init DIR makes them); --cleartext does without, on loopback only"
            )
        }
        return .cleartext
    }
}

extension Reactor {
    /// The reactor of a process, which tells the log of changes of the allow list.
    package static func logging(_ security: SecurityPolicy, role: String) -> Reactor {
        let log = Logger(label: role)
        if case .cleartext = security {
            log.warning("cleartext", metadata: ["reason": "asked for: nothing is encrypted"])
        }
        return Reactor(name: "apus-reactor", security: security) { news in
            switch news {
            case .reloaded(let added, let removed):
                log.notice(
                    "keys_changed", metadata: ["allowed": "\(Self.text(added))", "revoked": "\(Self.text(removed))"])
            case .unreadable(let error):
                log.error("keys_unreadable", metadata: ["reason": "\(error); the former allow list stays in force"])
            }
        }
    }

    private static func text(_ keys: [AllowedKey]) -> String {
        keys.map { "\($0.name) \($0.key)" }.joined(separator: ", ")
    }
}
