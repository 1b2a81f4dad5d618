import ArgumentParser
import Transport
import Wire

/// `apus keys revoke`.
struct KeysRevokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take keys off the allow list.",
        discussion: """
            Processes that watch this allow list refuse the keys from then on and cut the connections that they have, within \
            a second. Other hosts have to be given the new list. Secret keys are not deleted.

            EXAMPLES
              apus keys revoke --name host7                all keys of host7
              apus keys revoke --name host7 --superseded   all but its newest, after a rotation
              apus keys revoke --key 3fa94b0c              the key that a log line names
            """)

    @OptionGroup
    var keys: KeysOption

    @Option(help: "All keys of this name.")
    var name: String?

    @Option(help: "The key that begins so, at least 8 hexadecimal digits as logs and lists show them.")
    var key: String?

    @Flag(help: "With --name: keep the newest key.")
    var superseded = false

    func validate() throws {
        guard (name == nil) != (key == nil) else { throw ValidationError("give either --name or --key") }
        if superseded, name == nil { throw ValidationError("--superseded goes with --name") }
        if let key, key.count < 8 { throw ValidationError("--key \(key): give at least 8 digits") }
    }

    func run() throws {
        let directory = keys.directory
        let newest = superseded ? try directory.allowList().keys.last { $0.name == name }?.key : nil
        let what =
            name.map { "of the name \($0)" + (superseded ? " besides the newest" : "") }
            ?? "that begins with \(key ?? "")"
        let revoked = try directory.revoke(what) { allowed in
            if let name { return allowed.name == name && allowed.key != newest }
            return key.map { allowed.key.description.hasPrefix($0.lowercased()) } ?? false
        }
        for key in revoked { Console.output(key.line) }
    }
}
