import Foundation
import RunReport
import RunStore
import Telemetry
import Testing

/// A run's directory as the report reads it.
@Suite struct ReaderTests {
    /// A run in a directory of its own, with `steps` finished steps of one group each.
    private struct Fixture {
        let directory: String

        init() throws {
            directory =
                FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)/demo").path
            try FileManager.default.createDirectory(atPath: directory + "/logs", withIntermediateDirectories: true)
        }

        func remove() {
            // What is left lies in the system's temporary directory.
            try? FileManager.default.removeItem(atPath: directory)
        }

        func open() throws -> RunDatabase {
            try RunDatabase(path: RunDatabase.path(run: directory), run: "demo", seed: 1)
        }

        func log(_ name: String, _ lines: [String]) throws {
            let text = lines.map { "{\"level\":\"info\",\($0)}\n" }.joined()
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/logs/\(name).jsonl"))
        }

        func read(samples: Int = 2, _ report: @escaping (RunReader.Progress) -> Void = { _ in }) throws -> RunData {
            try RunReader(
                RunDirectory(path: directory), samplesOfKind: samples, tokenTexts: { $0.map { "<\($0)>" } },
                report: report
            ).read()
        }
    }

    private func records(of step: Int) -> [RunRecord] {
        let id = UInt64(step)
        let response = StoredResponse(
            sample: 0, tokens: [7, 8], logProbabilities: [-1, -2], spans: [.init(version: 0, count: 2)], text: "ab",
            finish: "stop",
            verdict: StoredVerdict(judgement: "correct", score: 1, reason: nil, detail: "", verifier: "v"))
        let outcome = ResponseOutcome(
            groupID: id, sample: 0, advantage: 1, ratio: 1, divergence: 0, clippedFraction: 0, staleness: 3)
        let sample = StoredSample(
            groupID: id, sample: 0, kind: .best, tokens: [7, 8], samplerLogProbabilities: [-1, -2],
            oldLogProbabilities: [-1, -2], logProbabilities: [-1, -2], entropies: [0.5, 0.25])
        return [
            .prompt(PromptRecord(index: id, text: "p\(id)", tokens: [1], verifierKind: "exact", payload: [])),
            .issued(groupID: id, promptIndex: id, batch: nil, issue: 0),
            .accepted(
                StoredGroup(groupID: id, promptIndex: id, leaseID: id, worker: "w", responses: [response], routes: nil)),
            .stepBegun(step: step, consumingVersion: id, groupIDs: [id]),
            .stepFinished(
                FinishedStep(
                    step: step, version: id + 1, sha256: "sha-\(step)",
                    report: "{\"loss\":\(step),\"step_seconds\":1,\"trained_tokens\":10}", outcomes: [outcome],
                    samples: [sample])),
        ]
    }

    private func write(_ records: [RunRecord], to database: RunDatabase, from start: Int64 = 1_700_000_000_000) throws {
        let entries = records.enumerated().map {
            JournalEntry($1, sequence: UInt64($0 + 1), time: start + Int64($0) * 100)
        }
        try database.write(entries, life: 1)
    }

    @Test func everythingOfARunIsRead() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let database = try fixture.open()
        let life = LifeRecord(incarnation: 1, software: "apus 9", configuration: #"{"a":{"b":2}}"#)
        try write([.life(life)] + (1...250).flatMap(records), to: database)
        try fixture.log(
            "learner",
            [
                #""time":"2023-11-14T22:13:20.000Z","role":"learner","id":"learner","event":"started","process_id":1"#,
                #""time":"2023-11-14T22:20:20.000Z","role":"learner","id":"learner","event":"finished","reason":"steps""#,
            ])
        try Data(#"{"accuracy": 0.25}"#.utf8).write(
            to: URL(fileURLWithPath: fixture.directory + "/evaluation-before.json"))
        let run = try fixture.read(samples: 3)
        #expect(run.name == "demo" && run.steps.steps == Array(1...250) && run.steps["loss"][249] == 250)
        #expect(run.configuration == ["a.b": "2"] && run.lives.map(\.software) == ["apus 9"])
        #expect(run.sha256 == "sha-250" && run.state == "finished: steps" && run.evaluation.before == 0.25)
        #expect(run.lengths.early == [2: 62] && run.lengths.late == [2: 62])
        // From the whole run, early to late.
        #expect(run.samples.map(\.step) == [1, 125, 250])
        let sample = try #require(run.samples.first)
        #expect(sample.texts == ["<7>", "<8>"] && sample.prompt == "p1" && sample.verdict.judgement == "correct")
        #expect(sample.outcome?.staleness == 3 && sample.text == "ab" && sample.stored.entropies == [0.5, 0.25])
        // All but what the first step did before the first thing known of the run.
        #expect(abs((run.trained?.amounts.reduce(0, +) ?? 0) - 2_500) < 10)
    }

    /// Between any two reads the learner can take its log into the main file, and goes on writing.
    @Test func aLearnerAtWorkIsNotDisturbed() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        let database = try fixture.open()
        try write((1...250).flatMap(records), to: database)
        var next = 251
        var failures: [String] = []
        let run = try fixture.read { _ in
            do {
                try write(records(of: next), to: database)
                try database.absorbLog()
            } catch {
                failures.append("\(error)")
            }
            next += 1
        }
        #expect(failures.isEmpty && next > 255)
        #expect(run.steps.steps.count >= 250 && database.logBytes == 0)
    }

    /// Without journal there are the logs.
    @Test func aRunWithoutDatabaseIsReadFromItsLogs() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        func step(_ number: Int, second: Int) -> String {
            "\"time\":\"2023-11-14T22:13:2\(second).000Z\",\"role\":\"learner\",\"id\":\"learner\",\"event\":\"step\","
                + "\"step\":\(number),\"loss\":\(second),\"sha256\":\"s\(second)\""
        }
        try fixture.log("learner", [step(1, second: 0), step(2, second: 1), step(2, second: 5)])
        let run = try fixture.read()
        #expect(run.steps.steps == [1, 2] && run.steps["loss"] == [0, 5] && run.sha256 == "s5")
        #expect(run.samples.isEmpty && run.remarks.count == 1 && run.remarks[0].contains("run.sqlite"))
        #expect(ReportPage([run], defaults: [:], made: "").html.contains("run.sqlite"))
    }

    @Test func aRunThatHasNotBegunIsRead() throws {
        let fixture = try Fixture()
        defer { fixture.remove() }
        _ = try fixture.open()
        let run = try fixture.read()
        #expect(run.steps.isEmpty && run.samples.isEmpty && run.lengths.early.isEmpty)
    }
}
