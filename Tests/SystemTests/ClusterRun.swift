import Foundation
import Telemetry
import TestSupport
import Testing

/// A run of the real executables, started, scaled and stopped by the scripts of Cluster/ as a user would.
///
/// Owner: one test. Invariant: after `with` nothing of the run is left, neither processes nor files.
struct ClusterRun {
    /// The condition that a test waited for did not come true in time; the issue is recorded already.
    struct TimedOut: Error {}

    let directory: String
    /// What its processes have in their environment besides the usual.
    var environment: [String: String] = [:]
    var runs = "runs"
    /// The run's directory.
    var path: String { "\(directory)/\(runs)/test" }
    /// Its directory of keys, which up.sh makes.
    var keys: String { path + "/keys" }

    /// Starts a cluster with the quickstart's settings, `overlay` and `settings` on top of them, and passes it to `body`.
    /// `environment` is that of its processes, given the run's directory.
    static func with(
        overlay: String = SystemSettings.quickSteps, _ settings: [String],
        environment: (String) -> [String: String] = { _ in [:] }, _ body: (ClusterRun) throws -> Void
    ) throws {
        try withDirectory { try with(overlay: overlay, settings, in: $0, environment: environment($0), body) }
    }

    /// As above, in a directory that is there.
    static func with(
        overlay: String = SystemSettings.quickSteps, _ settings: [String], in directory: String,
        environment: [String: String] = [:], _ body: (ClusterRun) throws -> Void
    ) throws {
        let run = ClusterRun(directory: directory, environment: environment)
        let file = directory + "/overlay.yaml"
        try Data(overlay.utf8).write(to: URL(fileURLWithPath: file))
        var arguments = ["--run", "test", "--config", SystemSettings.quickstart, "--config", file]
        for setting in settings + ["run.directory=\(directory)/runs", "policy.path=\(SystemSettings.policy)"] {
            arguments += ["--set", setting]
        }
        try run.script("Cluster/up.sh", arguments)
        try body(run)
        try run.script("Cluster/down.sh", ["--run", "test", "--runs", directory + "/runs"])
        #expect(run.processes().isEmpty, "processes are left")
    }

    /// A fresh directory, deleted afterwards; processes that carry it in their environment are killed before.
    static func withDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appendingPathComponent("apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer {
            for process in ClusterRun(directory: path).processes() { kill(process, SIGKILL) }
            #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) }
        }
        try body(path)
    }

    /// Calls a script that must succeed.
    func script(_ name: String, _ arguments: [String], location: SourceLocation = #_sourceLocation) throws {
        let output = "\(directory)/output-\(UUID().uuidString)"
        let status = try Executables.run(
            Executables.repository + "/" + name, arguments,
            environment: environment.merging(["APUS_BACKOFF_MILLISECONDS": "100"]) { $1 }, directory: directory,
            output: output)
        let text = try String(contentsOfFile: output, encoding: .utf8)
        try #require(status == 0, "\(name): \(text)", sourceLocation: location)
    }

    /// Calls the tool box; its exit status, and all that it printed.
    func tool(_ arguments: String...) throws -> (status: Int32, output: String) {
        let output = "\(directory)/tool-\(UUID().uuidString)"
        let status = try Executables.run(
            Executables.directory + "/apus", arguments, directory: Executables.repository, output: output)
        return (status, try String(contentsOfFile: output, encoding: .utf8))
    }

    /// What status.sh prints; its exit status says how the processes are, and is not looked at.
    func status() throws -> String {
        let output = "\(directory)/status-\(UUID().uuidString)"
        _ = try Executables.run(
            Executables.repository + "/Cluster/status.sh", ["--run", "test", "--runs", "\(directory)/\(runs)"],
            environment: environment, directory: directory, output: output)
        return try String(contentsOfFile: output, encoding: .utf8)
    }

    func scale(_ role: String, to count: Int) throws {
        try script("Cluster/scale.sh", [role, "\(count)", "--run", "test", "--runs", directory + "/runs"])
    }

    // MARK: What the logs say

    /// Lines of one process, or of all, in order of time.
    func lines(_ event: String, of id: String? = nil) throws -> [LogLine] {
        var reader = LogReader(directory: path + "/logs")
        return try reader.readNew().filter { $0.event == event && (id == nil || $0.id == id) }
    }

    func steps() throws -> [LogLine] { try lines("step", of: "learner") }

    /// SHA-256 of the weights after each step. A step that a restarted learner did again, to the same weights, counts once.
    func hashes(location: SourceLocation = #_sourceLocation) throws -> [Int: String] {
        var hashes: [Int: String] = [:]
        for line in try steps() + lines("step_redone", of: "learner") {
            guard let step = line.number("step"), let hash = line.text("sha256") else { continue }
            let former = hashes.updateValue(hash, forKey: Int(step))
            #expect(former ?? hash == hash, "step \(step) was done twice, differently", sourceLocation: location)
        }
        return hashes
    }

    /// Waits until the learner has done `count` more steps than it has done by now.
    func waitForSteps(_ count: Int, location: SourceLocation = #_sourceLocation) throws {
        let target = try steps().count + count
        try wait(for: "step \(target)", location: location) { try steps().count >= target || finished() != nil }
    }

    /// The learner's last line, once the run is over.
    func finished() throws -> LogLine? { try lines("finished", of: "learner").last }

    /// Waits for the end of the run and returns the learner's last line.
    func waitForTheEnd(seconds: Double = 120, location: SourceLocation = #_sourceLocation) throws -> LogLine {
        try wait(for: "the end of the run", seconds: seconds, location: location) { try finished() != nil }
        return try #require(try finished())
    }

    /// Waits until `condition` holds; an issue with the ends of all logs, and an error, when it does not come true in time.
    func wait(
        for what: String, seconds: Double = 60, location: SourceLocation = #_sourceLocation,
        _ condition: () throws -> Bool
    ) throws {
        let seconds = seconds * Sanitizer.patience
        let deadline = Date(timeIntervalSinceNow: seconds)
        while try !condition() {
            if Date() > deadline {
                Issue.record("waited \(seconds) s for \(what)\n\(logEnds())", sourceLocation: location)
                throw TimedOut()
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    private func logEnds() -> String {
        let logs = path + "/logs"
        let names = FileManager.default.enumerator(atPath: logs)?.compactMap { $0 as? String }.sorted() ?? []
        return names.map { name in
            let text = String(
                decoding: FileManager.default.contents(atPath: "\(logs)/\(name)") ?? Data(), as: UTF8.self)
            return "\(name):\n" + text.split(separator: "\n").suffix(3).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    // MARK: Its processes

    /// The process of a member, as its supervisor wrote it; nil while there is none.
    func process(_ id: String) -> Int32? {
        guard let data = FileManager.default.contents(atPath: "\(path)/pids/\(id).state") else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return parts.count == 4 && parts[0] == "running" ? Int32(parts[3]) : nil
    }

    /// Sends SIGKILL to a member and waits until its supervisor has started it again.
    func kill9(_ id: String, location: SourceLocation = #_sourceLocation) throws {
        let old = try #require(process(id), sourceLocation: location)
        kill(old, SIGKILL)
        try wait(for: "a new life of \(id)", location: location) { process(id).map { $0 != old } ?? false }
    }

    /// Stops a member in its tracks, as a machine does that swaps or hangs.
    func freeze(_ id: String, location: SourceLocation = #_sourceLocation) throws {
        kill(try #require(process(id), sourceLocation: location), SIGSTOP)
    }

    /// Lets a frozen member go on.
    func thaw(_ id: String, location: SourceLocation = #_sourceLocation) throws {
        kill(try #require(process(id), sourceLocation: location), SIGCONT)
    }

    /// Processes of any run under the directory, by the mark in their environment.
    func processes() -> [Int32] {
        let entries = FileManager.default.enumerator(atPath: "/proc")
        entries?.skipDescendants()
        var found: [Int32] = []
        while let name = entries?.nextObject() as? String {
            entries?.skipDescendants()
            guard let id = Int32(name), let data = FileManager.default.contents(atPath: "/proc/\(id)/environ")
            else { continue }
            let marks = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            if marks.contains(where: { $0.hasPrefix("APUS_RUN=\(directory)/") }) { found.append(id) }
        }
        return found
    }
}
