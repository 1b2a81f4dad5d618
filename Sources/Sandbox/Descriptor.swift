import CSandbox
import Glibc

/// A file descriptor with one owner, closed when that lets go of it.
package final class Descriptor: Sendable {
    package let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// A pipe; neither end stays open in programs that are started.
    package static func pipe() throws(SystemError) -> (reading: Descriptor, writing: Descriptor) {
        try pair("pipe", csandbox_pipe)
    }

    /// A connection between two programs, both ends alike.
    package static func connection() throws(SystemError) -> (Descriptor, Descriptor) {
        let ends = try pair("socketpair", csandbox_socketpair)
        return (ends.reading, ends.writing)
    }

    /// The standard error of this process once more, for programs that share it.
    package static func standardError() throws(SystemError) -> Descriptor {
        let number = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
        guard number >= 0 else { throw SystemError("fcntl", errno) }
        return Descriptor(number)
    }

    /// A file in memory that holds `bytes`, read from its beginning.
    package static func file(holding bytes: [UInt8], name: String) throws(SystemError) -> Descriptor {
        let number = csandbox_memory_file(name)
        guard number >= 0 else { throw SystemError("memfd_create", errno) }
        let file = Descriptor(number)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { write(number, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemError("write to a file in memory", errno) }
            written += count
        }
        guard lseek(number, 0, SEEK_SET) == 0 else { throw SystemError("lseek", errno) }
        return file
    }

    /// Makes reads and writes return at once.
    func makeNonBlocking() throws(SystemError) {
        guard csandbox_set_nonblocking(number) >= 0 else { throw SystemError("fcntl", errno) }
    }

    private static func pair(
        _ name: String, _ make: (UnsafeMutablePointer<Int32>?) -> Int32
    ) throws(SystemError) -> (reading: Descriptor, writing: Descriptor) {
        var ends: [Int32] = [-1, -1]
        guard ends.withUnsafeMutableBufferPointer({ make($0.baseAddress) }) == 0 else {
            throw SystemError(name, errno)
        }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }
}
