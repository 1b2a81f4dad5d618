import ArgumentParser
import Configuration
import Foundation
import Model
import RunReport
import Telemetry

/// `apus report`: runs as a page to look at.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Make one HTML file that shows a run, or several side by side.",
        discussion: """
            Reward, accuracy, entropy, KL, clipping, ratio and gradient over the steps; staleness, and what it did; lengths, \
            throughput, waiting by cause, drops and unknown verdicts by reason; settings that differ; and responses with \
            their tokens coloured by log-probability gap or by entropy. Several runs are drawn into the same charts.

            Everything comes from the runs' directories: RUN/run.sqlite (docs/run-database.md) and RUN/logs. A run that is \
            going on is not disturbed. The file needs nothing beside it and no network, follows the browser's choice of \
            light or dark, and prints. Responses are shown with the tokenizer of the run's policy; where that is gone, as \
            token ids.

            EXAMPLES
              apus report quickstart --out report.html
              apus report exact quantised --out comparison.html --samples 12
              apus report runs/* --samples 0 --out all.html
            """)

    @Argument(help: ArgumentHelp("Names or paths of runs, at most 16; the first is drawn first.", valueName: "run"))
    var names: [String]

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var out: String

    @Option(help: "Responses shown of the best, the worst and the random ones, each.")
    var samples = 6

    @Option(help: ArgumentHelp("Where runs lie.", valueName: "directory"))
    var runs = "runs"

    func validate() throws {
        guard (1...16).contains(names.count) else {
            throw ValidationError("\(names.count) runs are named; a page can show 1 to 16")
        }
        guard (0...1_000).contains(samples) else {
            throw ValidationError("--samples is \(samples); it must be 0 to 1000")
        }
    }

    func run() throws {
        let directories = try names.map { try RunDirectory.resolve($0, under: runs) }
        var read = try directories.map(read)
        // Runs of the same name are told apart by where they lie.
        if Set(read.map(\.name)).count < read.count {
            for (index, directory) in directories.enumerated() { read[index].name = directory.path }
        }
        let page = ReportPage(
            read, defaults: FlatConfiguration.values(json: RunConfiguration().resolvedJSON),
            made: "\(Timestamp.now.description.prefix(16).replacing("T", with: " ")) UTC")
        let html = page.html
        do {
            try Data(html.utf8).write(to: URL(fileURLWithPath: out), options: .atomic)
        } catch {
            throw CommandFailure("cannot write \(out): \(error.localizedDescription)")
        }
        Console.status("\(out): \(NumberText.bytes(html.utf8.count))")
    }

    private func read(_ directory: RunDirectory) throws -> RunData {
        let progress = Progress("reading \(directory.name)", total: 1, unit: "steps")
        defer { progress.clear() }
        let texts = TokenTextSource(directory)
        var run = try RunReader(directory, samplesOfKind: samples, tokenTexts: { texts.texts($0) }) {
            if $0.what == "steps" { progress.update($0.done, of: max(1, $0.total)) }
        }.read()
        if !run.samples.isEmpty, let reason = texts.failure { run.remarks.append(reason) }
        for remark in run.remarks { Console.status("\(directory.name): \(remark)") }
        return run
    }
}
