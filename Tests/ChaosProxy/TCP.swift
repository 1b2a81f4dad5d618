import Execution
import Foundation

/// Blocking sockets on the loopback.
enum TCP {
    /// Connects to `tcp://127.0.0.1:PORT` as a file says; nil when there is nobody, or no such file.
    static func connect(toEndpointIn path: String) -> Int32? {
        guard let data = FileManager.default.contents(atPath: path),
            let port = String(decoding: data, as: UTF8.self).split(separator: ":").last.flatMap({
                UInt16($0.trimmingCharacters(in: .whitespacesAndNewlines))
            })
        else { return nil }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        guard withAddress(port: port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    static func withAddress(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// At least one byte; nil at the end.
    static func readSome(_ descriptor: Int32, atMost count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var result = recv(descriptor, &bytes, count, 0)
        while result < 0 && errno == EINTR { result = recv(descriptor, &bytes, count, 0) }
        return result > 0 ? Array(bytes.prefix(result)) : nil
    }

    static func read(_ descriptor: Int32, count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = readSome(descriptor, atMost: min(count - bytes.count, 1 << 20)) else { return nil }
            bytes += more
        }
        return bytes
    }

    static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var start = 0
        while start < bytes.count {
            let result = bytes[start...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
            if result < 0 && errno == EINTR { continue }
            guard result > 0 else { return false }
            start += result
        }
        return true
    }
}

/// A listening socket on a free port of the loopback.
struct Listener {
    private let descriptor: Int32
    let port: UInt16

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard TCP.withAddress(port: 0, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 64) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        self.descriptor = descriptor
        port = UInt16(bigEndian: address.sin_port)
    }

    func accept() throws -> Int32 {
        let client = Glibc.accept(descriptor, nil, nil)
        guard client >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return client
    }
}

/// The two sockets of a forwarded connection: shut when either direction ends, closed when both have.
final class ConnectionPair: Sendable {
    private let sockets: [Int32]
    private let ended = Lock(0)

    init(_ client: Int32, _ server: Int32) { sockets = [client, server] }

    func end() {
        let count = ended.withLock { ended in
            ended += 1
            return ended
        }
        for socket in sockets {
            if count == 1 { shutdown(socket, Int32(SHUT_RDWR)) } else { close(socket) }
        }
    }
}
