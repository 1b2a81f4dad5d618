import Foundation

/// No such run.
package struct RunDirectoryError: Error, CustomStringConvertible {
    package let description: String
}

/// The files of one run, as `Cluster/up.sh` lays them out.
package struct RunDirectory: Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    package var name: String { URL(fileURLWithPath: path).lastPathComponent }
    /// One `ID.jsonl` per process.
    package var logs: String { path + "/logs" }

    /// What the learner's supervisor last wrote about it ("running", "finished", "failed", …); nil without supervisor.
    package var learnerState: String? {
        guard let data = FileManager.default.contents(atPath: path + "/pids/learner.state") else { return nil }
        return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
    }

    /// Finds a run by its name under `runs`, or by its path; without either the one last started.
    package static func resolve(_ run: String?, under runs: String = "runs") throws(RunDirectoryError) -> RunDirectory {
        if let run {
            for candidate in run.contains("/") ? [run] : ["\(runs)/\(run)", run] where isRun(candidate) {
                return RunDirectory(path: candidate)
            }
            throw RunDirectoryError(
                description: "there is no run \(run): neither \(runs)/\(run)/logs nor \(run)/logs exists")
        }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: runs)
        } catch {
            throw RunDirectoryError(
                description: "cannot read the directory of runs, \(runs): \(error.localizedDescription)")
        }
        let candidates = names.map { "\(runs)/\($0)" }.filter(isRun)
        guard let newest = candidates.max(by: { (started($0), $0) < (started($1), $1) }) else {
            throw RunDirectoryError(description: "there is no run under \(runs)")
        }
        return RunDirectory(path: newest)
    }

    private static func isRun(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path + "/logs", isDirectory: &isDirectory)
            && isDirectory.boolValue
    }

    /// When the run was started: its configuration is written then. Distant past for a run without one.
    private static func started(_ path: String) -> Date {
        let file = URL(fileURLWithPath: path + "/config.yaml")
        // A run somebody started by hand may lack the file; it then counts as oldest.
        let values = try? file.resourceValues(forKeys: [.contentModificationDateKey])
        return values?.contentModificationDate ?? .distantPast
    }
}
