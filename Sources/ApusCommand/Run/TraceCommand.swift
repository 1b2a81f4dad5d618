import ArgumentParser
import RunStore

/// `apus trace`: the whole life of a group.
struct TraceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Tell the whole life of a group: leases, versions, verdicts, batch, step, ratio, clip.",
        discussion: """
            Everything comes from RUN/run.sqlite (docs/run-database.md); the run may be going on. Times are in seconds since \
            the group was issued.

            EXAMPLE
              apus trace quickstart 17
            """)

    @OptionGroup var location: RunOption

    @Argument(help: ArgumentHelp("Number of the group.", valueName: "group"))
    var group: UInt64

    func run() throws {
        let path = RunDatabase.path(run: try location.directory())
        Console.outputText(TraceText(try RunDatabase(reading: path).trace(group)).text)
    }
}
