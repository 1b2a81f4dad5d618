import ArgumentParser
import RolloutWorker
import Session
import Wire

@main
struct RolloutWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout-worker",
        abstract: "Generates responses to leased prompts, has them verified, and submits them to the learner.",
        discussion: """
            Needs one address, the learner's; everything else (configuration, model, verifiers, broadcasters) comes from \
            there. Any number of workers may join and leave at any time. On SIGTERM the worker hands unfinished leases \
            back, waits for the receipts of finished groups, and exits with 0.

            EXAMPLE
              rollout-worker --learner tcp://127.0.0.1:5555 --keys keys --id rollout-worker-1 --log-directory runs/demo/logs

            EXIT STATUS
              0  the run is over, or the worker was asked to stop
              1  the learner refused this worker, or could not be reached
              64 wrong usage
              78 the keys cannot be used: trying again cannot help
            """,
        version: ApusVersion.current)

    @Option(help: "The learner's control endpoint, as in runs/NAME/endpoint.")
    var learner: String

    @Option(help: "Name of this worker, unique in the run.")
    var id: String

    @OptionGroup
    var security: SecurityOptions

    @Option(help: "Directory of the log file ID.jsonl.")
    var logDirectory: String

    @Option(help: "Compute threads (default: the run's rollout.threads).")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1_024).contains(threads) {
            throw ValidationError("--threads \(threads): give a number from 1 to 1024")
        }
    }

    func run() async throws {
        try await MemberLaunch.run(
            role: .rolloutWorker, learner: learner, id: id, logDirectory: logDirectory, security: security
        ) {
            RolloutWorker($0, threads: threads)
        }
    }
}
