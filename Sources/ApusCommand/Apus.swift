import ArgumentParser

/// The tool box of Apus: everything that is not one of the four roles.
@main
struct Apus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apus",
        abstract: "The tool box of Apus: prepare, score, inspect and compare policies, and watch runs.",
        discussion: """
            Results go to standard output, progress to standard error. Exit codes: 0 success, 1 failure, 64 wrong usage.
            `apus help COMMAND` explains a command; docs/tools.md explains the formats.
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "Policies",
                subcommands: [
                    ChatCommand.self, ColdStartCommand.self, EvaluateCommand.self, GenerateCommand.self,
                    InspectCommand.self,
                    ImportCommand.self, ExportCommand.self, TasksCommand.self, TokenizeCommand.self, VerifyCommand.self,
                ]),
            CommandGroup(
                name: "Comparing with other implementations",
                subcommands: [LogprobsCommand.self, GradientsCommand.self]),
            CommandGroup(
                name: "Watching and examining runs",
                subcommands: [
                    ThroughputCommand.self, FollowCommand.self, ReportCommand.self, TraceCommand.self,
                    ReplayCommand.self, AuditCommand.self, StudyCommand.self,
                ]),
            CommandGroup(name: "Running clusters", subcommands: [KeysCommand.self]),
            CommandGroup(name: "Speed", subcommands: [BenchCommand.self]),
        ])
}
