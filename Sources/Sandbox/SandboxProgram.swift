/// A program to run in a sandbox, and all that it finds there.
package struct SandboxProgram: Sendable {
    /// A file in the sandbox, which the program may read but not change.
    package struct File: Sendable {
        package let path: String
        package let contents: [UInt8]
        package let isExecutable: Bool

        package init(path: String, contents: [UInt8], isExecutable: Bool = false) {
            self.path = path
            self.contents = contents
            self.isExecutable = isExecutable
        }
    }

    /// A directory of the host that the program may read.
    package struct Mount: Sendable, Equatable {
        package let source: String
        package let target: String

        package init(source: String, target: String) {
            self.source = source
            self.target = target
        }
    }

    /// Program and arguments; the program's path is absolute.
    package var command: [String]
    package var files: [File] = []
    package var mounts: [Mount] = []
    package var environment: [String: String] = [:]
    /// What it reads as its standard input, before the end of file.
    package var input: [UInt8] = []
    /// Whether it only serves the programs it is run with: it is ended when none of them runs any more.
    package var isCompanion = false
    package var limits = ResourceLimits()

    package init(command: [String]) { self.command = command }
}

/// How the run of a program in a sandbox ended.
package struct SandboxResult: Sendable, Equatable {
    package enum End: Sendable, Equatable {
        /// By itself: its exit status, or 128 + the number of the signal that ended it.
        case exited(Int32)
        case killed(ResourceWatch.Excess)
        /// The program did not run at all. Says why.
        case notStarted(String)
    }

    package var end: End
    /// At most the limit and a little more.
    package var output: [UInt8] = []
    /// The beginning of its standard error.
    package var errorOutput: [UInt8] = []
    /// The most seen.
    package var usage = ResourceUsage()

    package init(end: End) { self.end = end }

    package var hasSucceeded: Bool { end == .exited(0) }
}
