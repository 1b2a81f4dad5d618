import Foundation
import TestSupport
import Testing

/// Where the built executables and the sources lie, and how a test runs them.
enum Executables {
    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// The directory of the build: this test bundle lies in it, too.
    static let directory = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path

    static let environment = [
        "PATH": "/usr/local/bin:/usr/bin:/bin", "APUS_BIN": directory, "OPENBLAS_NUM_THREADS": "1",
    ]

    /// Runs `path` and waits for its end; its exit status.
    static func run(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], directory: String, output: String
    ) throws -> Int32 {
        try ChildProcess(
            path, arguments: arguments, environment: Self.environment.merging(environment) { $1 },
            directory: directory, output: output
        ).wait()
    }

    /// Runs one of the executables in a directory of its own; its exit status and what it printed.
    static func run(_ name: String, _ arguments: String...) throws -> (status: Int32, output: String) {
        var result: (status: Int32, output: String) = (0, "")
        try ClusterRun.withDirectory { directory in
            let output = directory + "/output"
            let status = try run(self.directory + "/" + name, arguments, directory: directory, output: output)
            result = (status, try String(contentsOfFile: output, encoding: .utf8))
        }
        return result
    }
}
