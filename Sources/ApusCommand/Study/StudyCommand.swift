import ArgumentParser
import Foundation
import Model
import RunReport
import Telemetry

/// `apus study`: results of experiments, and the page made of them.
struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Keep the results of experiments, and make their tables and figures.",
        discussion: """
            Ops/study/run.sh runs the cells of Ops/study/cells.tsv and calls `add` for each; Ops/study/page.sh calls `page`.
            """,
        subcommands: [Add.self, Page.self, Compare.self])

    /// `apus study add`: one run's line.
    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Append a finished run to the results, as one JSON object.",
            discussion: """
                The run's directory must have evaluation-after.json, as `apus evaluate --json` prints it.

                EXAMPLE
                  apus study add study-run --study b --cell "N=4, r3, clip" --seed 2 --results docs/study/results.jsonl
                """)

        @OptionGroup var location: RunOption

        @Option(help: ArgumentHelp("The experiment.", valueName: "letter"))
        var study: String

        @Option(help: ArgumentHelp("What was varied within it.", valueName: "name"))
        var cell: String

        @Option(help: "The run's seed.")
        var seed: UInt64

        @Option(help: ArgumentHelp("The file to append to; made if it is not there.", valueName: "file"))
        var results: String

        func run() throws {
            let directory = try RunDirectory.resolve(location.name, under: location.runs)
            let data = try RunReader(directory, samplesOfKind: 0, tokenTexts: { _ in nil }).read()
            let result = try StudyResult(study: study, cell: cell, seed: seed, run: data)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let line = try encoder.encode(result) + Data("\n".utf8)
            let former =
                FileManager.default.fileExists(atPath: results)
                ? try Data(FileReading.read(results, limit: 1 << 28)) : Data()
            do {
                try (former + line).write(to: URL(fileURLWithPath: results), options: .atomic)
            } catch {
                throw CommandFailure("cannot write \(results): \(error.localizedDescription)")
            }
        }
    }

    /// `apus study page`: everything that is made of the results.
    struct Page: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Renew the tables within a page and the figures beside the results.",
            discussion: """
                Tables go between <!-- table X --> and <!-- end X --> of the page, X being the experiment; figures to X.svg in \
                the directory of the results. Cells are listed in the order of the file of cells, whether they were run or not.

                EXAMPLE
                  apus study page --cells Ops/study/cells.tsv --results docs/study/results.jsonl --page docs/study.md
                """)

        @Option(help: ArgumentHelp("Tab-separated: experiment, cell, settings.", valueName: "file"))
        var cells: String

        @OptionGroup var input: StudyResultsOption

        @Option(help: ArgumentHelp("The Markdown page.", valueName: "file"))
        var page: String

        func run() throws {
            let results = try input.read()
            let cells = try StudyFiles.text(cells).split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
                line.split(separator: "\t").map(String.init)
            }
            guard cells.allSatisfy({ $0.count == 3 }) else {
                throw CommandFailure(
                    "\(self.cells): every line needs experiment, cell and settings, parted by one tab each")
            }
            var text = try StudyFiles.text(page)
            for study in Set(cells.map { $0[0] }).sorted() {
                let order = cells.filter { $0[0] == study }.map { $0[1] }
                let table = StudyTable(study: study, order: order, results: results)
                text = try StudyPage.replacing(study, by: table.markdown, in: text)
                let figure = URL(fileURLWithPath: input.results).deletingLastPathComponent()
                    .appendingPathComponent("\(study).svg").path
                try write(table.figure, to: figure)
            }
            try write(text, to: page)
        }

        private func write(_ text: String, to path: String) throws {
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
            } catch {
                throw CommandFailure("cannot write \(path): \(error.localizedDescription)")
            }
        }
    }

    /// `apus study compare`: two sets of cells, seed by seed.
    struct Compare: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare cells that differ in one thing, run by run with the same seed.",
            discussion: """
                Prints the mean difference in accuracy with its 95 % confidence interval (Student's t over the pairs), and by which \
                factor KL(μ‖π_old) differs. A star stands for any text, the same in both patterns.

                EXAMPLE
                  apus study compare "b N=8, *, clip" "b N=8, *, no clip" --results docs/study/results.jsonl
                """)

        @Argument(help: "Experiment and cells.")
        var first: String

        @Argument(help: "What they are compared with.")
        var second: String

        @OptionGroup var input: StudyResultsOption

        func run() throws {
            print(try StudyComparison(first: first, second: second, results: input.read()).text)
        }
    }
}

/// `--results FILE`: what a page and a comparison are made of.
struct StudyResultsOption: ParsableArguments {
    @Option(help: ArgumentHelp("What `apus study add` wrote.", valueName: "file"))
    var results: String

    func read() throws -> [StudyResult] {
        try StudyFiles.text(results).split(separator: "\n").enumerated().map { index, line in
            do {
                return try JSONDecoder().decode(StudyResult.self, from: Data(line.utf8))
            } catch {
                throw CommandFailure("\(results):\(index + 1): not a result of this release: \(error)")
            }
        }
    }
}

/// Files that the commands of a study read.
private enum StudyFiles {
    static func text(_ path: String) throws -> String {
        String(decoding: try FileReading.read(path, limit: 1 << 28), as: UTF8.self)
    }
}
