import ArgumentParser
import Transport
import Wire

/// `apus keys issue`.
struct KeysIssueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Make a key and allow it.",
        discussion: """
            Adds the public key to the allow list and writes NAME.secret, in place of an older one of that name. The older \
            key stays allowed, so that processes which use it go on, until it is revoked.

            EXAMPLES
              apus keys issue --role rollout-worker --name host7 --to host7-keys
              apus keys issue --role reward-verifier --name reward-verifier
            """)

    @OptionGroup
    var keys: KeysOption

    @Option(help: "What its owner may do: learner, rollout-worker, reward-verifier, parameter-broadcaster or tool.")
    var role: Role

    @Option(help: "Who its owner is; ids of processes are NAME or NAME-anything.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "Write the secret key and the allow list to this directory, for another host; the secret stays nowhere else.",
            valueName: "dir"))
    var to: String?

    func run() throws {
        let key = try keys.directory.issue(role, name: name, destination: to.map { KeyDirectory(path: $0) })
        Console.output(key.line)
    }
}
