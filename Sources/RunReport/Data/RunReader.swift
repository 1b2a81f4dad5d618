import Foundation
import RunStore
package import Telemetry

/// Reads a run's directory: its database page by page, its logs once.
///
/// Changes nothing, and holds the database never longer than a page takes, so that a run which is going on is not disturbed.
package struct RunReader {
    /// Texts of a response's tokens, one by one; nil where they are not known.
    package typealias TokenTexts = @Sendable ([Int32]) -> [String]?

    /// How far the reading is, for people.
    package struct Progress: Sendable {
        package let done: Int
        package let total: Int
        package let what: String
    }

    private static let stepsPerPage = 100
    private let directory: RunDirectory
    private let samplesOfKind: Int
    private let tokenTexts: TokenTexts
    private let report: (Progress) -> Void

    /// - Parameters:
    ///   - samplesOfKind: responses to show of the best, the worst and the random ones, each.
    ///   - tokenTexts: the run's tokenizer.
    package init(
        _ directory: RunDirectory, samplesOfKind: Int, tokenTexts: @escaping TokenTexts,
        report: @escaping (Progress) -> Void = { _ in }
    ) {
        self.directory = directory
        self.samplesOfKind = samplesOfKind
        self.tokenTexts = tokenTexts
        self.report = report
    }

    package func read() throws -> RunData {
        var run = RunData(name: directory.name)
        let lines = try readLogs()
        let path = RunDatabase.path(run: directory.path)
        if FileManager.default.fileExists(atPath: path) {
            try read(RunDatabase(reading: path, isChecked: false), into: &run)
        } else {
            run.remarks.append("there is no run.sqlite (journal.durability none): no responses, lengths or settings")
        }
        if run.steps.isEmpty { addSteps(lines, to: &run) }
        addTimes(lines, to: &run)
        addActivity(lines, to: &run)
        addState(lines, to: &run)
        run.evaluation = (accuracy("evaluation-before.json"), accuracy("evaluation-after.json"))
        return run
    }

    private func readLogs() throws -> [LogLine] {
        report(Progress(done: 0, total: 1, what: "logs"))
        var reader = LogReader(directory: directory.logs)
        return try reader.readNew()
    }

    // MARK: The database

    private func read(_ database: RunDatabase, into run: inout RunData) throws {
        run.lives = try database.lives()
        if let life = run.lives.last { run.configuration = FlatConfiguration.values(json: life.configuration) }
        let last = try database.lastFinishedStep()
        while true {
            let page = try database.finishedSteps(after: run.steps.steps.last ?? 0, limit: Self.stepsPerPage)
            for step in page {
                let fields = LogValue(json: step.report)?.asObject ?? [:]
                run.steps.append(step: step.number, time: step.finishedAt, fields: fields)
                run.sha256 = step.sha256 ?? run.sha256
            }
            report(Progress(done: run.steps.steps.last ?? 0, total: last, what: "steps"))
            if page.count < Self.stepsPerPage { break }
        }
        try readLengths(database, into: &run)
        try readSamples(database, into: &run)
    }

    /// Lengths in the first and in the last quarter of the steps.
    private func readLengths(_ database: RunDatabase, into run: inout RunData) throws {
        let steps = run.steps.steps
        let quarter = max(1, steps.count / 4)
        func histogram(_ part: ArraySlice<Int>) throws -> [Int: Int] {
            var lengths: [Int: Int] = [:]
            for start in stride(from: part.startIndex, to: part.endIndex, by: 20) {
                let page = part[start..<min(start + 20, part.endIndex)]
                guard let first = page.first, let last = page.last else { break }
                lengths.merge(try database.responseLengths(steps: first...last), uniquingKeysWith: +)
            }
            return lengths
        }
        run.lengths = (try histogram(steps.prefix(quarter)), try histogram(steps.suffix(quarter)))
    }

    /// Responses from all of the run, evenly spread over what is there of each kind.
    private func readSamples(_ database: RunDatabase, into run: inout RunData) throws {
        let keys = try database.sampleKeys()
        var chosen: [RunDatabase.SampleKey] = []
        for kind in StoredSample.Kind.allCases {
            let those = keys.filter { $0.kind == kind }
            let count = min(samplesOfKind, those.count)
            chosen += (0..<count).map { those[count == 1 ? those.count - 1 : $0 * (those.count - 1) / (count - 1)] }
        }
        for (index, key) in chosen.enumerated() {
            report(Progress(done: index, total: chosen.count, what: "samples"))
            run.samples.append(try sample(key, database))
        }
    }

    private func sample(_ key: RunDatabase.SampleKey, _ database: RunDatabase) throws -> ReportedSample {
        let stored = try database.sample(key)
        let trace = try database.trace(key.groupID)
        guard let response = trace.responses.first(where: { $0.sample == key.sample }) else {
            throw RunStoreError.damaged(
                path: database.path, what: "group \(key.groupID) has no response \(key.sample), but a sample of it")
        }
        return ReportedSample(
            step: key.step, stored: stored, prompt: trace.promptText, verdict: response.verdict,
            finish: response.finish, outcome: response.outcome, texts: tokenTexts(stored.tokens), text: response.text)
    }

    // MARK: The logs

    /// For a run without database.
    private func addSteps(_ lines: [LogLine], to run: inout RunData) {
        for line in lines where line.event == StepRecord.event {
            guard let step = line.number("step") else { continue }
            run.steps.append(step: Int(step), time: line.time.milliseconds, fields: line.fields)
            run.sha256 = line.text("sha256") ?? run.sha256
        }
    }

    private func addTimes(_ lines: [LogLine], to run: inout RunData) {
        let times = lines.map(\.time.milliseconds) + run.steps.times + run.lives.map(\.startedAt)
        run.start = times.min() ?? 0
        run.end = times.max() ?? 0
    }

    private func addActivity(_ lines: [LogLine], to run: inout RunData) {
        func activity(_ event: String, _ counter: String) -> ProcessActivity? {
            let those = lines.filter { $0.event == event }
            guard let last = those.last else { return nil }
            var activity = ProcessActivity(start: run.start, end: last.time.milliseconds)
            for line in those { activity.add(line, counter: counter) }
            return activity
        }
        run.rollout = activity(RolloutProgress.event, "generated_tokens_total")
        run.verification = activity(VerifyProgress.event, "verified_total")
        var trained = TimeBins(start: run.start, end: run.steps.times.last ?? run.end, minimum: 4)
        let (tokens, seconds) = (run.steps["trained_tokens"], run.steps["step_seconds"])
        for (index, time) in run.steps.times.enumerated() where seconds[index].isFinite {
            trained.add(tokens[index], from: time - Int64(seconds[index] * 1000), to: time)
        }
        if !run.steps.isEmpty { run.trained = trained }
    }

    private func addState(_ lines: [LogLine], to run: inout RunData) {
        if let state = directory.learnerState { run.state = state }
        for line in lines where line.role == "learner" {
            switch line.event {
            case Started.event: run.state = directory.learnerState ?? "no end yet"
            case Finished.event: run.state = "finished: \(line.text("reason") ?? "unknown")"
            case "failed": run.state = "failed: \(line.text("reason") ?? "unknown")"
            default: break
            }
        }
    }

    private func accuracy(_ name: String) -> Double? {
        guard let data = FileManager.default.contents(atPath: directory.path + "/" + name) else { return nil }
        return LogValue(json: String(decoding: data, as: UTF8.self))?.asObject?["accuracy"]?.asDouble
    }
}
