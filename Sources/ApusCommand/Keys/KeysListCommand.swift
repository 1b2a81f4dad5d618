import ArgumentParser
import Transport
import Wire

/// `apus keys list`.
struct KeysListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the allowed keys, oldest first.",
        discussion: """
            One line for each: the key as log lines name it, its role, its name, and `secret` if this directory has its \
            secret half. A secret that is not allowed (revoked, or the list is another one's) is reported on standard error.

            EXAMPLE
              apus keys list --keys runs/quickstart/keys
            """)

    @OptionGroup
    var keys: KeysOption

    func run() throws {
        let directory = keys.directory
        let list = try directory.allowList()
        let own = try directory.ownKeys()
        for key in list.keys { Console.output(key.line + (own.contains(key) ? "  secret" : "")) }
        for key in own where list[key.key] != key {
            Console.status("\(directory.secretPath(key.name)): not allowed: \(key.line)")
        }
    }
}
