import ArgumentParser
import Learner
import RunStore

/// `apus audit`: what was promised, checked against what a run wrote down.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check a run's database and checkpoints against what Apus promises.",
        discussion: """
            Conservation of groups, no group or prompt trained twice, every trained group accepted under one lease, no gap \
            between steps, weights as published, staleness as counted, no score for an unknown verdict, checkpoints as they were \
            written. One line for each promise, with how much was examined. The run may be going on.

            Whether the weights follow from the groups is checked by `apus replay`.

            EXAMPLE
              apus audit quickstart

            EXIT STATUS
              0  every promise holds
              1  a promise is broken (the first cases are listed), or the run cannot be read
              64 wrong usage
            """)

    @OptionGroup var location: RunOption

    func run() throws {
        let directory = try location.directory()
        let checks =
            try RunDatabase(reading: RunDatabase.path(run: directory)).audit().checks + [checkpoints(directory)]
        for check in checks {
            let verdict = check.violations == 0 ? "holds " : "BROKEN"
            Console.output("\(verdict)  \(check.promise)  (\(check.violations) of \(check.examined))")
            for example in check.examples { Console.output("          \(example)") }
        }
        let broken = checks.filter { $0.violations > 0 }.count
        guard broken == 0 else { throw ExitCode.failure }
        Console.output("all \(checks.count) promises hold")
    }

    private func checkpoints(_ directory: String) throws -> RunAudit.Check {
        let (count, damaged) = try CheckpointStore(directory: directory + "/checkpoints", keep: 1).verifyAll()
        return RunAudit.Check(
            promise: "Checkpoints are as they were written", examined: count, violations: damaged.count,
            examples: damaged)
    }
}
