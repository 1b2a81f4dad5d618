import Foundation
import Telemetry
import Testing

/// A run is found, read while it grows, and followed to its end, whatever the end.
struct RunWatchTests {
    /// A directory of runs that is removed afterwards.
    private func withRuns(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        try body(path)
    }

    private func makeRun(_ path: String, state: String? = nil) throws {
        for part in ["logs", "pids"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(part)", withIntermediateDirectories: true)
        }
        if let state { try Data(state.utf8).write(to: URL(fileURLWithPath: "\(path)/pids/learner.state")) }
    }

    private func append(_ text: String, to path: String) throws {
        let old = FileManager.default.contents(atPath: path) ?? Data()
        try (old + Data(text.utf8)).write(to: URL(fileURLWithPath: path))
    }

    private func line(_ event: String, second: Int, level: String = "info", fields: [String: LogValue] = [:]) -> String
    {
        LogLine(
            time: Timestamp(milliseconds: 1_800_000_000_000 + Int64(second) * 1000), level: level, role: "learner",
            id: "learner", event: event, fields: fields
        ).json + "\n"
    }

    @Test func runsAreFoundByNameByPathAndByAge() throws {
        try withRuns { runs in
            #expect(throws: RunDirectoryError.self) { try RunDirectory.resolve(nil, under: runs) }
            for (name, age) in [("old", -100.0), ("new", -1), ("older", -200)] {
                try makeRun("\(runs)/\(name)")
                let file = "\(runs)/\(name)/config.yaml"
                try Data().write(to: URL(fileURLWithPath: file))
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: age)], ofItemAtPath: file)
            }
            #expect(try RunDirectory.resolve(nil, under: runs).name == "new")
            #expect(try RunDirectory.resolve("old", under: runs).path == "\(runs)/old")
            #expect(try RunDirectory.resolve("\(runs)/older", under: "elsewhere").name == "older")
            #expect(throws: RunDirectoryError.self) { try RunDirectory.resolve("none", under: runs) }
        }
    }

    @Test func aGrowingFileGivesEachWholeLineOnce() throws {
        try withRuns { runs in
            let file = "\(runs)/learner.jsonl"
            var reader = LogReader(directory: runs)
            #expect(try reader.readNew().isEmpty)
            let second = line("b", second: 2)
            try append(line("a", second: 1) + second.prefix(20), to: file)
            #expect(try reader.readNew().map(\.event) == ["a"])
            try append(String(second.dropFirst(20)) + "garbage\n" + line("c", second: 3), to: file)
            #expect(try reader.readNew().map(\.event) == ["b", "c"])
            #expect(reader.malformed == 1)
            try append(line("d", second: 2), to: "\(runs)/other.jsonl")
            try append(line("e", second: 1), to: file)
            #expect(try reader.readNew().map(\.event) == ["e", "d"])
            try Data(line("anew", second: 9).utf8).write(to: URL(fileURLWithPath: file))
            #expect(try reader.readNew().map(\.event) == ["anew"])
        }
    }

    @Test func followingEndsWithTheRun() throws {
        try withRuns { runs in
            try makeRun(runs, state: "running 1")
            let steps = (1...3).map { line("step", second: $0, fields: ["step": LogValue($0)]) }.joined()
            // The finished line of a former life does not end the resumed run.
            let log =
                line("started", second: 0) + steps + line("finished", second: 4, fields: ["reason": "terminated"])
                + line("started", second: 5) + line("step", second: 6, fields: ["step": 4])
                + line("finished", second: 7, fields: ["reason": "steps"])
            try append(log, to: "\(runs)/logs/learner.jsonl")
            var shown: [String] = []
            let outcome = try RunWatch.follow(RunDirectory(path: runs)) { shown.append($0) }
            #expect(outcome == .finished(reason: "steps"))
            #expect(shown.count == 1 && shown.first?.hasPrefix("step    4") == true)
        }
    }

    @Test(arguments: ["failed 3", "stopped 0", "finished 0"])
    func followingEndsWhenTheLearnerIsGone(state: String) throws {
        try withRuns { runs in
            try makeRun(runs, state: state)
            try append(
                line("started", second: 0) + line("bad_model", second: 1, level: "error", fields: ["path": "x"]),
                to: "\(runs)/logs/learner.jsonl")
            var shown: [String] = []
            let outcome = try RunWatch.follow(RunDirectory(path: runs)) { shown.append($0) }
            guard case .died(let reason) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(reason.contains("bad_model"))
            #expect(shown == ["!  learner bad_model path=\"x\""])
        }
    }

    @Test func theTableIsPrintedOnce() throws {
        try withRuns { runs in
            try makeRun(runs)
            try append(line("step", second: 1, fields: ["step": 1, "version": 1]), to: "\(runs)/logs/learner.jsonl")
            var shown: [String] = []
            try RunWatch.throughput(of: RunDirectory(path: runs), follow: false) { shown.append($0) }
            #expect(shown.count == 1 && shown.first?.contains("step 1 · version 1") == true)
        }
    }
}
