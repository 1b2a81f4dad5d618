import ArgumentParser
import Telemetry

/// `apus follow`: a line per training step, live.
struct FollowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Show a live line for each training step of a run until it ends.",
        discussion: """
            Each line shows reward, accuracy, staleness (min/mean/max, versions), tokens/s generated and trained, the \
            length of the step in seconds, and the time waited and for what. Crashes and errors of any process are shown as \
            lines that begin with "!". Exit code 0 when the learner finished, 1 when it ended otherwise.

            EXAMPLE
              apus follow runs/quickstart
            """)

    @Argument(help: ArgumentHelp("Name or path of a run. (default: the one last started)", valueName: "run"))
    var name: String?

    @Option(help: ArgumentHelp("Where runs lie.", valueName: "directory"))
    var runs = "runs"

    func run() throws {
        let directory = try RunDirectory.resolve(name, under: runs)
        switch try RunWatch.follow(directory, print: Console.output) {
        case .finished(let reason): Console.status("finished: \(reason)")
        case .died(let reason): throw CommandFailure("\(reason); see \(directory.logs) (learner.jsonl) for why")
        }
    }
}
