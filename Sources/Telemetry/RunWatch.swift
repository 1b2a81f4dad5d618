import Foundation

/// The two ways to watch a run from its directory: the table of throughput, and a live line per step.
package enum RunWatch {
    /// How a followed run ended.
    package enum Outcome: Sendable, Equatable {
        /// The learner wrote its last line, with this reason.
        case finished(reason: String)
        /// The learner ended or was given up without it; the reason is for people.
        case died(reason: String)
    }

    /// Prints the throughput table of a run: once, or every `interval` seconds until its learner has finished.
    package static func throughput(
        of run: RunDirectory, follow: Bool, interval: Double = 2, print output: (String) -> Void
    ) throws {
        var reader = LogReader(directory: run.logs)
        var report = ThroughputReport()
        while true {
            let lines = try reader.readNew()
            for line in lines { report.ingest(line) }
            // On a terminal the table stays in place: cursor home, clear what follows.
            let home = follow && isatty(STDOUT_FILENO) == 1 ? "\u{1B}[H\u{1B}[J" : ""
            output(home + report.table(run: run.name))
            if !follow || presentLife(of: lines).contains(where: isEnd) { return }
            Thread.sleep(forTimeInterval: interval)
        }
    }

    /// Prints a line per step from the beginning of the run's present life until its learner has ended.
    package static func follow(
        _ run: RunDirectory, interval: Double = 0.25, print output: (String) -> Void
    ) throws -> Outcome {
        var reader = LogReader(directory: run.logs)
        var formatter = StepLineFormatter()
        var lastError: String?
        while true {
            // The state is taken before the lines, so that the last lines of a dead learner are still shown.
            let state = run.learnerState
            let lines = try reader.readNew()
            let present = presentLife(of: lines)
            for line in lines[..<present.startIndex] { _ = formatter.text(for: line) }
            for line in present {
                if let text = formatter.text(for: line) { output(text) }
                if line.role == "learner", line.level == "error" || line.level == "critical" { lastError = line.event }
                if isEnd(line) { return .finished(reason: line.text("reason") ?? "unknown") }
            }
            if let state, ["finished", "failed", "stopped"].contains(state) {
                return .died(reason: "the learner \(state)" + (lastError.map { " after \($0)" } ?? ""))
            }
            Thread.sleep(forTimeInterval: interval)
        }
    }

    /// What the learner's present process and its contemporaries wrote: a resumed run's log holds former ends too.
    private static func presentLife(of lines: [LogLine]) -> ArraySlice<LogLine> {
        lines[(lines.lastIndex { $0.role == "learner" && $0.event == Started.event } ?? 0)...]
    }

    private static func isEnd(_ line: LogLine) -> Bool {
        line.role == "learner" && line.event == Finished.event
    }
}
