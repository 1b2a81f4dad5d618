import ArgumentParser
import Transport
import Wire

/// `apus keys`: who may take part in a run.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, allow, revoke and list the keys of a cluster's processes.",
        discussion: """
            Every connection is encrypted, and both sides prove who they are (CURVE). A directory of keys has

              allowed      public keys, one a line: ROLE NAME KEY. Who is not in it is refused
              NAME.secret  the secret key of a process on this host; mode 0600, or it is not used

            There is no authority and no default: whoever may write `allowed` decides. Each host has a directory with the \
            same `allowed` and the secrets of its own processes only. A role opens the addresses that it needs: workers, \
            verifiers and broadcasters the learner's; workers those of verifiers and broadcasters. A name bounds ids: the \
            key host7 admits the ids host7, host7-1, host7-gpu0.

            Running processes see a changed `allowed` within a second: a new key is let in, and connections of a revoked \
            one are cut. Cluster/up.sh makes keys for one host by itself.

            EXAMPLES
              One host, by hand:
                apus keys init keys
                learner --keys keys …
                rollout-worker --keys keys --id rollout-worker-1 …

              Another host: a directory with its secret, to be moved there by a safe way
                apus keys issue --keys keys --role rollout-worker --name host7 --to host7-keys
                scp -pr host7-keys host7:keys
              and the new `allowed` to all other hosts: scp keys/allowed host3:keys/allowed

              A fresh key in place of an old one, without a pause:
                apus keys issue --keys keys --role rollout-worker --name host7 --to host7-keys
                … copy as above, start host7's processes again, one after the other …
                apus keys revoke --keys keys --name host7 --superseded
                … copy keys/allowed to all hosts …

            EXIT STATUS
              0  done
              1  the keys cannot be read or written; standard error says why
              64 wrong usage
            """,
        subcommands: [KeysInitCommand.self, KeysIssueCommand.self, KeysRevokeCommand.self, KeysListCommand.self])
}

/// `--keys DIR` of the commands that work on a directory of keys.
struct KeysOption: ParsableArguments {
    @Option(help: ArgumentHelp("The directory of keys.", valueName: "dir"))
    var keys = "keys"

    var directory: KeyDirectory { KeyDirectory(path: keys) }
}

extension Role: ExpressibleByArgument {}

extension AllowedKey {
    /// For people. The whole key is no secret, but nobody can compare it by eye.
    var line: String { "\(key)  \(role.rawValue)  \(name)" }
}
