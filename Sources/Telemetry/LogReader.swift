import Foundation

/// Reads the log files of a directory as they grow.
///
/// Role: gives each whole line once. A line still being written is left for the next time; what is no log line (cut
/// off by a crash) is counted in `malformed`. Files may appear at any time; one that shrank is read anew.
package struct LogReader {
    private let directory: String
    private var offsets: [String: UInt64] = [:]
    /// Lines that were no log lines.
    package private(set) var malformed = 0

    package init(directory: String) { self.directory = directory }

    /// The lines written since the last call, in order of time.
    package mutating func readNew() throws -> [LogLine] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        var lines: [LogLine] = []
        for name in names.sorted() where name.hasSuffix(".jsonl") {
            lines += try readNew(file: "\(directory)/\(name)")
        }
        // Sorting by (time, position) keeps lines of the same millisecond in the order of their file.
        return lines.enumerated()
            .sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
    }

    private mutating func readNew(file path: String) throws -> [LogLine] {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { handle.closeFile() }
        let size = try handle.seekToEnd()
        let known = offsets[path, default: 0]
        let offset = known <= size ? known : 0
        guard size > offset else { return [] }
        try handle.seek(toOffset: offset)
        guard let data = try handle.readToEnd(), let end = data.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        offsets[path] = offset + UInt64(end - data.startIndex + 1)
        var lines: [LogLine] = []
        for bytes in data[...end].split(separator: UInt8(ascii: "\n")) {
            if let line = LogLine(json: String(decoding: bytes, as: UTF8.self)) {
                lines.append(line)
            } else {
                malformed += 1
            }
        }
        return lines
    }
}
