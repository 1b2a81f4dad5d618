import Glibc
import Synchronization

/// A log file could not be opened.
package struct LogFileError: Error, CustomStringConvertible {
    package let path: String
    package let reason: String
    package var description: String { "cannot open the log file \(path): \(reason)" }
}

/// The end of a log file: appends whole lines, each with one `write`, so that lines of several writers don't mix and
/// a crash costs at most the line being written.
///
/// Owner: the process; shared by all its loggers. A line that cannot be written (disk full) is counted, never waited
/// for; the count goes into the file as soon as it takes lines again.
package final class LogFile: Sendable {
    private let descriptor: Int32
    private let lost = Mutex<Int>(0)

    /// Opens or creates `path` for appending.
    package init(path: String) throws(LogFileError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LogFileError(path: path, reason: String(cString: strerror(errno))) }
    }

    deinit { close(descriptor) }

    /// Appends one line; the line feed is added.
    func append(_ line: LogLine) {
        lost.withLock { lost in
            guard lost > 0 else {
                if !write(line.json) { lost = 1 }
                return
            }
            var notice = line
            notice.level = "error"
            notice.event = "log_lines_lost"
            notice.fields = ["lines": LogValue(lost)]
            // The line feed first ends the piece of a line that a full disk may have left behind.
            guard write("\n" + notice.json), write(line.json) else {
                lost += 1
                return
            }
            lost = 0
        }
    }

    private func write(_ text: String) -> Bool {
        var bytes = Array(text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        var result = Glibc.write(descriptor, bytes, bytes.count)
        while result < 0 && errno == EINTR { result = Glibc.write(descriptor, bytes, bytes.count) }
        return result == bytes.count
    }
}
