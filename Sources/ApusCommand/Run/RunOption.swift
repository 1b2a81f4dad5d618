import ArgumentParser
import Telemetry

/// Which run a command looks at.
struct RunOption: ParsableArguments {
    @Argument(help: ArgumentHelp("Name or path of a run.", valueName: "run"))
    var name: String

    @Option(help: ArgumentHelp("Where runs lie.", valueName: "directory"))
    var runs = "runs"

    /// The run's directory.
    func directory() throws -> String { try RunDirectory.resolve(name, under: runs).path }
}
