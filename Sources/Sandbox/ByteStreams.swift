import CSandbox
import Glibc

/// Bytes on their way into a pipe. Owner: the run of a program. Invariant: never blocks; closes the pipe behind the last byte.
///
/// A program that does not read on costs it nothing.
final class OutgoingBytes {
    private let bytes: [UInt8]
    private var sent = 0
    private var descriptor: Descriptor?

    init(_ bytes: [UInt8], to descriptor: Descriptor) throws(SystemError) {
        self.bytes = bytes
        self.descriptor = bytes.isEmpty ? nil : descriptor
        try descriptor.makeNonBlocking()
    }

    /// What to wait for, or nil when everything is written.
    var interest: pollfd? { descriptor.map { pollfd(fd: $0.number, events: Int16(POLLOUT), revents: 0) } }

    func advance() {
        guard let descriptor else { return }
        let count = bytes[sent...].withUnsafeBytes { csandbox_write(descriptor.number, $0.baseAddress, $0.count) }
        if count > 0 { sent += count }
        let isBroken = count < 0 && errno != EAGAIN && errno != EINTR
        if sent == bytes.count || isBroken { self.descriptor = nil }
    }
}

/// What comes out of a pipe. Owner: the run of a program. Invariant: never blocks; keeps at most `limit` bytes and reads on, so
/// that the writer is not held up.
final class IncomingBytes {
    private(set) var bytes: [UInt8] = []
    private let limit: Int
    private var descriptor: Descriptor?
    private var buffer = [UInt8](repeating: 0, count: 16_384)

    init(_ descriptor: Descriptor, limit: Int) throws(SystemError) {
        self.descriptor = descriptor
        self.limit = limit
        try descriptor.makeNonBlocking()
    }

    /// What to wait for, or nil at the end of the stream.
    var interest: pollfd? { descriptor.map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) } }

    /// Reads what is there, about `most` bytes at most.
    func advance(most: Int) {
        var total = 0
        while let descriptor, total < most {
            let count = buffer.withUnsafeMutableBytes { read(descriptor.number, $0.baseAddress, $0.count) }
            if count > 0 {
                total += count
                bytes += buffer[..<min(count, limit - bytes.count)]
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                self.descriptor = nil
            } else {
                return
            }
        }
    }
}
