import ArgumentParser
import Learner
import RunStore

/// `apus replay`: the proof that a run's weights follow from its journal.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Train a run again from its journal and compare the weights after every step.",
        discussion: """
            Takes the groups of each step from RUN/run.sqlite, in their order, trains on them as the learner did, from the \
            policy that the run began with, and compares the SHA-256 of the weights with the journal's. Any schedule can be \
            replayed, also while the run goes on. Ends with 1 at the first step that gives other weights, naming it.

            Needs the payloads of all groups (journal.payloads: all, the default).

            EXAMPLES
              apus replay quickstart
              apus replay runs/mine --policy ~/models/mine --steps 20
            """)

    @OptionGroup var location: RunOption

    @Option(help: ArgumentHelp("The policy that the run began with. (default: the one it was told)", valueName: "dir"))
    var policy: String?

    @Option(help: "Steps to do again, from the first. (default: all)")
    var steps: Int?

    @Option(help: "Compute threads; the weights do not depend on them. (default: as the run had)")
    var threads: Int?

    func validate() throws {
        if let steps, steps < 1 { throw ValidationError("--steps is \(steps); it must be at least 1") }
        if let threads, threads < 1 { throw ValidationError("--threads is \(threads); it must be at least 1") }
    }

    func run() throws {
        let replay = try RunReplay(directory: try location.directory(), policyPath: policy, threads: threads)
        let total = min(steps ?? .max, replay.stepCount)
        let progress = Progress("replay", total: total, unit: "steps")
        var done = 0
        var last = ""
        try replay.run(limit: total) { step in
            done += 1
            last = step.sha256 ?? ""
            progress.update(done)
        }
        progress.clear()
        Console.output("\(done) steps replayed, all weights as they were; step \(done): \(last)")
    }
}
