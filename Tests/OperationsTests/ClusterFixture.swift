import Foundation
import TestSupport
import Testing

/// A directory with fake executables and runs, and the means to call the scripts of Cluster/ on them.
struct ClusterFixture {
    struct Result {
        let status: Int32
        let output: String
    }

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let roles = ["learner", "rollout-worker", "reward-verifier", "parameter-broadcaster", "apus"]

    let directory: String
    var runs: String { directory + "/runs" }

    /// Runs `body` on a fresh fixture; whatever still runs afterwards is killed, and is a failure of the test.
    static func with(_ body: (ClusterFixture) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("apus-\(UUID().uuidString)").path
        let fixture = ClusterFixture(directory: path)
        try FileManager.default.createDirectory(atPath: path + "/bin", withIntermediateDirectories: true)
        let fake = repository.appendingPathComponent("Tests/OperationsTests/Fakes/process").path
        for role in roles {
            try FileManager.default.createSymbolicLink(atPath: "\(path)/bin/\(role)", withDestinationPath: fake)
        }
        defer {
            for process in fixture.processes() { kill(process, SIGKILL) }
            #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) }
        }
        try body(fixture)
    }

    /// Calls a script and waits for it.
    func script(_ name: String, _ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try call(name, arguments, environment: environment)
    }

    private func call(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Result {
        let output = "\(directory)/output-\(UUID().uuidString)"
        let status = try ChildProcess(
            Self.repository.appendingPathComponent(name).path, arguments: arguments,
            environment: [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "APUS_BIN": directory + "/bin", "FAKE": directory,
                "APUS_BACKOFF_MILLISECONDS": "20", "APUS_BACKOFF_LIMIT_MILLISECONDS": "80", "APUS_START_SECONDS": "20",
            ].merging(environment) { $1 }, directory: directory, output: output
        ).wait()
        return Result(status: status, output: try String(contentsOfFile: output, encoding: .utf8))
    }

    /// Calls a script that must succeed.
    @discardableResult
    func succeed(
        _ name: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let result = try call(name, arguments)
        #expect(result.status == 0, "\(result.output)", sourceLocation: sourceLocation)
        return result.output
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(directory)/\(name)") }

    /// Processes that belong to a run of this fixture (all runs without `run`), by the mark in their environment.
    func processes(run: String = "", member: String? = nil) -> [Int32] {
        let mark = "APUS_RUN=\(runs)/\(run)"
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []  // no /proc: no processes
        return entries.compactMap { Int32($0) }.filter { pid in
            guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else { return false }
            let values = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            let ofRun = values.contains { run.isEmpty ? $0.hasPrefix(mark) : $0 == mark }
            return ofRun && (member.map { values.contains("APUS_MEMBER=\($0)") } ?? true)
        }
    }

    /// State, restarts and child of a member, as its supervisor wrote them.
    func state(_ id: String, run: String = "fake") -> (state: String, restarts: Int, child: Int32)? {
        guard let data = FileManager.default.contents(atPath: "\(runs)/\(run)/pids/\(id).state") else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard parts.count == 4, let restarts = Int(parts[1]) else { return nil }
        return (String(parts[0]), restarts, Int32(parts[3]) ?? 0)
    }

    /// Waits until `condition` holds; a failure of the test after 30 seconds.
    func wait(
        until what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () -> Bool
    ) {
        let deadline = Date(timeIntervalSinceNow: 30)
        while !condition() {
            if Date() > deadline {
                Issue.record(what, sourceLocation: sourceLocation)
                return
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }
}
