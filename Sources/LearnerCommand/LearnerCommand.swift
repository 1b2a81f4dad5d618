import ArgumentParser
import Configuration
import Foundation
import Learner
import Logging
import Model
import RunStore
import Session
import Telemetry
import Transport
import Wire

@main
struct LearnerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learner",
        abstract: "Leases prompts, takes back groups, trains the policy and publishes its versions.",
        discussion: """
            The centre of a run: the one address that all other processes are given. It writes that address to \
            DIR/endpoint, logs to DIR/logs, keeps checkpoints in DIR/checkpoints and exports the trained policy as a \
            Hugging Face model to DIR/export. On SIGTERM it finishes the step under way, writes a checkpoint and exits \
            with 0.

            EXAMPLES
              learner --config Cluster/configs/quickstart.yaml --set run.steps=20 --keys keys
              learner --config base.yaml --config mine.yaml --dry-run

            EXIT STATUS
              0  the run is over, or the learner was asked to stop
              1  the run could not go on; standard error and the log say why
              64 wrong usage
              75 there is no room on the disk: a later start may succeed
              78 the configuration or the policy cannot be used, or a promise was broken: trying again cannot help
            """,
        version: ApusVersion.current)

    @Option(help: ArgumentHelp("Configuration file; several are laid over one another.", valueName: "file"))
    var config: [String] = []

    @Option(help: ArgumentHelp("Override one setting, e.g. optimizer.learning_rate=1e-4.", valueName: "key=value"))
    var set: [String] = []

    @Option(help: ArgumentHelp("The run's directory (default: run.directory/run.name).", valueName: "dir"))
    var runDirectory: String?

    @Flag(help: "Go on from the newest whole checkpoint in the run's directory, if there is one.")
    var resume = false

    @Flag(help: "Print the resolved configuration as YAML, with what the objective's defaults stand for, and exit.")
    var dryRun = false

    @OptionGroup
    var security: SecurityOptions

    func run() async throws {
        func orUnusable<Value>(_ body: () throws -> Value) throws -> Value {
            try MemberLaunch.orUnusable(role: "learner", body)
        }
        let configuration = try orUnusable { try RunConfiguration.load(files: config, overrides: set) }
        let training = try orUnusable { try TrainingSettings(configuration) }
        if dryRun {
            print(configuration.resolvedYAML)
            // Comments, so that the output stays a configuration.
            return print(training.summary.map { "# \($0.name): \($0.text)\n" }.joined(), terminator: "")
        }
        let policy = try orUnusable {
            try security.policy(role: .learner, id: "learner", allowsCleartext: configuration.cluster.cleartext)
        }
        let directory = runDirectory ?? "\(configuration.run.directory)/\(configuration.run.name)"
        let level = Logger.Level(rawValue: configuration.logging.level.rawValue) ?? .info
        try Telemetry.bootstrap(role: "learner", id: "learner", directory: directory + "/logs", level: level)
        let reactor = Reactor.logging(policy, role: "learner")
        let learner: Learner
        do {
            learner = try orUnusable { () throws -> Learner in
                do {
                    return try Learner(configuration, directory: directory, resume: resume, reactor: reactor)
                } catch let error where Self.isForWantOfRoom(error) {
                    FileHandle.standardError.write(Data("learner: \(error)\n".utf8))
                    throw ExitCode(EX_TEMPFAIL)
                }
            }
        } catch {
            await reactor.shutdown()
            throw error
        }
        do {
            try await MemberLaunch.serve(learner, on: reactor, role: "learner")
        } catch let broken as LearnerError {
            // A broken promise: a supervisor that started the run again would only hide it.
            FileHandle.standardError.write(Data("learner: \(broken)\n".utf8))
            throw ExitCode(EX_CONFIG)
        }
    }

    /// Whether an error may pass when somebody frees space on the disk.
    private static func isForWantOfRoom(_ error: any Error) -> Bool {
        switch error {
        case RunStoreError.noRoom: true
        case let error as FileError: error.code == ENOSPC || error.code == EDQUOT
        default: false
        }
    }
}
