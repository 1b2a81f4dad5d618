import ArgumentParser
import Transport
import Wire

/// `apus keys init`.
struct KeysInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a directory of keys with one key for each role.",
        discussion: """
            The keys are named after the roles (learner, rollout-worker, reward-verifier, parameter-broadcaster), so they \
            admit the ids that Cluster/up.sh gives. With --empty the allow list is empty and nobody can take part yet. \
            A directory that exists is left alone.

            EXAMPLE
              apus keys init keys
            """)

    @Argument(help: ArgumentHelp("The directory to make.", valueName: "dir"))
    var directory = "keys"

    @Flag(help: "Make no keys.")
    var empty = false

    func run() throws {
        let keys = KeyDirectory(path: directory)
        try keys.create()
        let roles: [Role] = empty ? [] : [.learner, .rolloutWorker, .rewardVerifier, .parameterBroadcaster]
        for role in roles { Console.output(try keys.issue(role, name: role.rawValue).line) }
    }
}
