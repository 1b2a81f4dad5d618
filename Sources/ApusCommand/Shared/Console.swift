import Foundation

/// Where commands write: results to standard output, everything else to standard error.
enum Console {
    /// A line of the result.
    static func output(_ line: String) { outputText(line + "\n") }

    /// Part of the result, as it is; seen at once, also through a pipe.
    static func outputText(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }

    /// A line about the work itself.
    static func status(_ line: String) { statusText(line + "\n") }

    static func statusText(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

    /// Whether somebody watches standard error.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }
}
