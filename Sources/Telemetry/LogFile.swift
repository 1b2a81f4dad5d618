import CLinux
import Execution
import Glibc

/// A log file could not be opened.
package struct LogFileError: Error, CustomStringConvertible {
    package let path: String
    package let reason: String
    package var description: String { "cannot open the log file \(path): \(reason)" }
}

/// The end of a log file: appends whole lines, each with one `write`, so that lines of several writers don't mix and
/// a crash costs at most the line being written.
///
/// Owner: the process; shared by all its loggers. Room for further lines is kept on the disk where the file system can, so that
/// a full disk does not silence who would tell of it. A line that cannot be written all the same is counted, never waited for;
/// the count goes into the file as soon as it takes lines again.
package final class LogFile: Sendable {
    private struct State {
        /// Lines that could not be written and were not told yet.
        var lost = 0
        /// Bytes of the file.
        var size: Int
        /// How far the disk has room set aside for it.
        var reserved = 0
    }

    /// Room to set aside, in bytes: some hundred lines.
    private static let reserve = 131_072
    private let descriptor: Int32
    private let state: Lock<State>

    /// Opens or creates `path` for appending.
    package init(path: String) throws(LogFileError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LogFileError(path: path, reason: String(cString: strerror(errno))) }
        state = Lock(State(size: max(0, lseek(descriptor, 0, SEEK_END))))
    }

    deinit { close(descriptor) }

    /// Appends one line; the line feed is added.
    func append(_ line: LogLine) {
        state.withLock { state in
            guard state.lost > 0 else {
                if !write(line.json, &state) { state.lost = 1 }
                return
            }
            var notice = line
            notice.level = "error"
            notice.event = "log_lines_lost"
            notice.fields = ["lines": LogValue(state.lost)]
            // The line feed first ends the piece of a line that a full disk may have left behind.
            guard write("\n" + notice.json, &state), write(line.json, &state) else {
                state.lost += 1
                return
            }
            state.lost = 0
        }
    }

    private func write(_ text: String, _ state: inout State) -> Bool {
        var bytes = Array(text.utf8)
        bytes.append(UInt8(ascii: "\n"))
        var result = Glibc.write(descriptor, bytes, bytes.count)
        while result < 0 && errno == EINTR { result = Glibc.write(descriptor, bytes, bytes.count) }
        if result > 0 { state.size += result }
        setRoomAside(&state)
        return result == bytes.count
    }

    /// Has the disk set room aside beyond the end of the file, when half of it is used up.
    private func setRoomAside(_ state: inout State) {
        guard state.reserved - state.size < Self.reserve / 2 else { return }
        // A file system that cannot, or a disk without room, leaves things as they were: the next line tries again.
        guard apus_reserve_disk(descriptor, Int64(state.size), Int64(Self.reserve)) == 0 else { return }
        state.reserved = state.size + Self.reserve
    }
}
