import Glibc
import Model

/// Reads a file of lines in blocks, so that files of any size can be worked on.
///
/// Owned by one command; the descriptor is closed with the reader.
final class LineReader {
    /// One line without its end, counted from 1.
    struct Line: Sendable {
        let number: Int
        let bytes: ArraySlice<UInt8>

        var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
    }

    /// Longest line read, in bytes.
    static let maximumLineBytes = 1 << 26

    private static let blockBytes = 1 << 20

    private let path: String
    private let descriptor: Int32
    private var rest: [UInt8] = []
    private var lineCount = 0
    private var isAtEnd = false

    /// - Parameter path: a file, or "-" for standard input.
    init(_ path: String) throws {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path) }
    }

    deinit { close(descriptor) }

    /// The lines of the next block, blank ones left out; nil after the last.
    func next() throws -> [Line]? {
        while !isAtEnd {
            let start = rest.count
            let bytes = rest + (try block())
            guard let end = isAtEnd ? bytes.count : bytes[start...].lastIndex(of: UInt8(ascii: "\n")) else {
                guard bytes.count <= LineReader.maximumLineBytes else {
                    throw CommandFailure(
                        "\(path):\(lineCount + 1): longer than \(LineReader.maximumLineBytes) bytes; shorten the line")
                }
                rest = bytes
                continue
            }
            rest = end < bytes.count ? Array(bytes[(end + 1)...]) : []
            let lines = bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                .enumerated().map { Line(number: lineCount + $0.offset + 1, bytes: $0.element) }
            lineCount += lines.count
            return lines.filter { !$0.isBlank }
        }
        return nil
    }

    private func block() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: LineReader.blockBytes)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(operation: "read", path: path) }
            if count == 0 { isAtEnd = true }
            return Array(buffer[..<count])
        }
    }
}
