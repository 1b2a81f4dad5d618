import ArgumentParser
import ParameterBroadcaster
import Session
import Transport
import Wire

@main
struct ParameterBroadcasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parameter-broadcaster",
        abstract: "Serves the newest policy versions to the rollout workers of a run.",
        discussion: """
            Takes each version once from the learner, checks its SHA-256, and serves it to any number of workers, late \
            joiners included. Several broadcasters share the load; workers change over when one fails.

            EXAMPLE
              parameter-broadcaster --learner tcp://127.0.0.1:5555 --keys keys --id parameter-broadcaster-1 --log-directory runs/demo/logs

            EXIT STATUS
              0  the run is over, or the broadcaster was asked to stop
              1  the learner refused this broadcaster or could not be reached, or the address is in use
              64 wrong usage
              78 the keys cannot be used: trying again cannot help
            """,
        version: ApusVersion.current)

    @Option(help: "The learner's control endpoint, as in runs/NAME/endpoint.")
    var learner: String

    @Option(help: "Name of this broadcaster, unique in the run.")
    var id: String

    @OptionGroup
    var security: SecurityOptions

    @Option(help: "Directory of the log file ID.jsonl.")
    var logDirectory: String

    @Option(help: "Where workers reach this broadcaster; port 0 takes any free one. Notices use another free port.")
    var bind = "tcp://127.0.0.1:0"

    @Option(
        help: ArgumentHelp(
            "What workers are told to connect to, if not the bound address; with port 0, which stands for the bound one.",
            valueName: "address"))
    var advertise: String?

    func run() async throws {
        let address = try EndpointAddress(bind)
        let advertised = try advertise.map { text throws(TransportError) in try EndpointAddress(text) }
        if let advertised {
            guard case .tcp(_, 0) = advertised.kind else {
                throw ValidationError("--advertise \(advertised): two sockets are announced, so the port must be 0")
            }
        }
        try await MemberLaunch.run(
            role: .parameterBroadcaster, learner: learner, id: id, logDirectory: logDirectory, security: security
        ) {
            ParameterBroadcaster($0, bind: address, advertise: advertised)
        }
    }
}
