import ArgumentParser
import Reward
import RewardVerifier
import Session
import Transport
import Wire

@main
struct RewardVerifierCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reward-verifier",
        abstract: "Judges responses for the rollout workers of a run.",
        discussion: """
            Stateless: request in, verdict out. A response that cannot be judged is answered unknown with a reason, never \
            wrong. Any number of verifiers may join and leave at any time; workers spread their requests over them.

            EXAMPLE
              reward-verifier --learner tcp://127.0.0.1:5555 --keys keys --id verifier-1 --log-directory runs/demo/logs

            EXIT STATUS
              0  the run is over, or the verifier was asked to stop
              1  the learner refused this verifier or could not be reached, or the address is in use
              64 wrong usage
              78 the keys cannot be used: trying again cannot help
            """,
        version: ApusVersion.current)

    @Option(help: "The learner's control endpoint, as in runs/NAME/endpoint.")
    var learner: String

    @Option(help: "Name of this verifier, unique in the run.")
    var id: String

    @OptionGroup
    var security: SecurityOptions

    @Option(help: "Directory of the log file ID.jsonl.")
    var logDirectory: String

    @Option(help: "Where workers reach this verifier; port 0 takes any free one.")
    var bind = "tcp://127.0.0.1:0"

    @Option(
        help: ArgumentHelp(
            "What workers are told to connect to, if not the bound address; port 0 stands for the bound one.",
            valueName: "address"))
    var advertise: String?

    @Option(help: "Responses judged at the same time.")
    var threads = 1

    func validate() throws {
        guard (1...256).contains(threads) else {
            throw ValidationError("--threads \(threads): give a number from 1 to 256")
        }
    }

    func run() async throws {
        let address = try EndpointAddress(bind)
        let advertised = try advertise.map { text throws(TransportError) in try EndpointAddress(text) }
        try await MemberLaunch.run(
            role: .rewardVerifier, learner: learner, id: id, logDirectory: logDirectory, security: security
        ) {
            RewardVerifier($0, bind: address, advertise: advertised, registry: .standard, threads: threads)
        }
    }
}
