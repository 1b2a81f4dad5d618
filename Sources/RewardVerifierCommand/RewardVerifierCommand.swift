import ArgumentParser
import Reward
import RewardVerifier
import Sandbox
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
              reward-verifier --learner tcp://127.0.0.1:5555 --keys keys --id reward-verifier-1 --log-directory runs/demo/logs

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

    @Option(help: "Responses at the same time for whose verdict child processes work: kinds code and command:NAME.")
    var children = 2

    @Option(
        help: ArgumentHelp(
            "Have a program judge the kind command:NAME (docs/verifiers.md). May be repeated.",
            valueName: "NAME=PROGRAM ARGUMENT…"))
    var command: [String] = []

    @Option(help: "Programs kept alive for each --command; at most --children of them work at a time.")
    var commandCount = 1

    @Option(help: "How long a program of --command may take to start.")
    var commandStartSeconds = 60.0

    @Option(
        help: ArgumentHelp(
            "Problems with known verdicts, besides those built in (docs/verifiers.md).", valueName: "canaries.jsonl"))
    var canaries: String?

    @Option(help: "How often the problems with known verdicts are judged.")
    var canarySeconds = 60.0

    @Flag(inversion: .prefixedNo, help: "Offer the kind code, if programs can be contained on this machine.")
    var code = true

    func validate() throws {
        for (name, count) in [("threads", threads), ("children", children), ("command-count", commandCount)] {
            guard (1...256).contains(count) else {
                throw ValidationError("--\(name) \(count): give a number from 1 to 256")
            }
        }
        for (name, seconds) in [("canary-seconds", canarySeconds), ("command-start-seconds", commandStartSeconds)] {
            guard (0.1...86_400).contains(seconds) else {
                throw ValidationError("--\(name) \(seconds): give a number from 0.1 to 86400")
            }
        }
        var names: Set<String> = []
        for text in command {
            guard let settings = CommandVerifier.Settings(text) else {
                throw ValidationError("--command '\(text)': give NAME=PROGRAM, the name of letters, digits and ._-")
            }
            guard names.insert(settings.name).inserted else {
                throw ValidationError("--command '\(text)': the name \(settings.name) is taken")
            }
        }
    }

    func run() async throws {
        let address = try EndpointAddress(bind)
        let advertised = try advertise.map { text throws(TransportError) in try EndpointAddress(text) }
        let code: CodeVerifier?
        let codeAbsence: String?
        do throws(Sandbox.Unavailable) {
            code = self.code ? try CodeVerifier() : nil
            codeAbsence = self.code ? nil : "--no-code"
        } catch {
            (code, codeAbsence) = (nil, error.description)
        }
        let commands = command.compactMap(CommandVerifier.Settings.init).map { settings in
            var settings = settings
            settings.count = commandCount
            settings.startTimeout = .seconds(commandStartSeconds)
            return CommandVerifier(settings)
        }
        let blocking: [any BlockingVerifier] = (code.map { [$0] } ?? []) + commands
        let registry = VerifierRegistry.standard.adding(blocking)
        let canaries =
            try Canary.standard(languages: code?.languages ?? []) + (self.canaries.map(CanaryFile.read) ?? [])
        // Programs that judge, or are judged, may leave others behind when they are killed. Ends with this function.
        try OrphanCollection.adopt()
        async let _ = OrphanCollection.run()
        try await MemberLaunch.run(
            role: .rewardVerifier, learner: learner, id: id, logDirectory: logDirectory, security: security
        ) {
            RewardVerifier(
                $0, bind: address, advertise: advertised, registry: registry, threads: threads, children: children,
                canaries: canaries, canaryInterval: .seconds(canarySeconds), codeAbsence: codeAbsence)
        }
    }
}
