import Execution
package import Foundation
import Glibc

/// A way through which processes talk, and on which everything they say is written down: a TCP port that passes bytes on to
/// another one.
///
/// Owner: one test. Invariant: what came through, in either direction, is in `recordings` in the order of each connection.
package final class RecordingRelay: Sendable {
    /// No port could be had, or no address with a port was given.
    package struct Failure: Error {}

    /// Where to connect.
    package let address: String
    private let listener: Int32
    private let state = Lock(State())

    private struct State {
        var target: UInt16?
        var recordings: [[UInt8]] = []
        var isDamageDue = false
        var isClosed = false
    }

    package init() throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw Failure() }
        var own = Self.loopback(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, pointer, &size) == 0
            }
        }
        guard result else { throw Failure() }
        self.listener = listener
        address = "tcp://127.0.0.1:\(UInt16(bigEndian: own.sin_port))"
        let thread = Thread { [self] in acceptAll() }
        thread.start()
    }

    /// From now on connections lead to this address of this machine.
    package func lead(to address: String) throws {
        guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw Failure() }
        state.withLock { $0.target = port }
    }

    /// All that came through: one element for each direction of each connection. Copies, made under the lock: who is the last to
    /// give up a shared array is a matter of reference counts, which ThreadSanitizer does not see.
    package var recordings: [Data] { state.withLock { $0.recordings.map { Data($0) } } }

    /// The last of the next bytes that whoever connected sends is passed on wrong, once.
    package func damageOnce() { state.withLock { $0.isDamageDue = true } }

    package func close() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            let (target, isClosed) = state.withLock { ($0.target, $0.isClosed) }
            guard client >= 0, !isClosed else { return }
            guard let target, let server = Self.connect(to: target) else {
                // Nobody is there yet: whoever connected tries again.
                Glibc.close(client)
                continue
            }
            for (source, sink) in [(client, server), (server, client)] {
                let index = state.withLock { state in
                    state.recordings.append([])
                    return state.recordings.count - 1
                }
                let thread = Thread { [self] in pass(from: source, to: sink, index) }
                thread.start()
            }
        }
    }

    private static func connect(to port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Ends with either side. The descriptors stay open until the process ends: the other direction may still read from them.
    private func pass(from source: Int32, to sink: Int32, _ index: Int) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            state.withLock { state in
                state.recordings[index] += buffer.prefix(count)
                // Even numbers are the way there.
                guard state.isDamageDue, index.isMultiple(of: 2) else { return }
                state.isDamageDue = false
                buffer[count - 1] ^= 1
            }
            var rest = buffer.prefix(count)
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard written > 0 else { break }
                rest.removeFirst(written)
            }
            if !rest.isEmpty { break }
        }
        shutdown(source, Int32(SHUT_RDWR))
        shutdown(sink, Int32(SHUT_RDWR))
    }
}
