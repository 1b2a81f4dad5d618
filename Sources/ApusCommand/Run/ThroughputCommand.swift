import ArgumentParser
import Telemetry

/// `apus throughput`: the speed of a run, from its logs alone.
struct ThroughputCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "throughput",
        abstract: "Show the speed of a run as a table, from its logs alone.",
        discussion: """
            Rates are over the last 10, 60 and 300 seconds before the newest log line: tokens/s and groups/min of each \
            rollout worker and in total, verdicts/s and queue age (s) of the verifiers, tokens/s of the learner, its share \
            of time waiting and for what, staleness in versions, and the version in use by each worker. Works on running and \
            on finished runs.

            EXAMPLES
              apus throughput
              apus throughput quickstart --follow
            """)

    @Argument(help: ArgumentHelp("Name or path of a run. (default: the one last started)", valueName: "run"))
    var name: String?

    @Flag(help: "Show the table again every two seconds until the run ends.")
    var follow = false

    @Option(help: ArgumentHelp("Where runs lie.", valueName: "directory"))
    var runs = "runs"

    func run() throws {
        let directory = try RunDirectory.resolve(name, under: runs)
        try RunWatch.throughput(of: directory, follow: follow, print: Console.outputText)
    }
}
