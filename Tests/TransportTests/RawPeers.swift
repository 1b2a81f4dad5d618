import CZeroMQ
import Glibc
import TestSupport
import Testing
import Transport
import Wire

/// A ZeroMQ socket that follows no rules of ours. Confined to the test that makes it.
final class RawZeroMQ {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer

    /// A dealer connected to `address`.
    init(connect address: EndpointAddress, receiveLimit: Int32 = 1000, receiveBuffer: Int32? = nil) throws {
        context = try #require(zmq_ctx_new())
        socket = try #require(zmq_socket(context, ZMQ_DEALER))
        var limit = receiveLimit
        zmq_setsockopt(socket, ZMQ_RCVHWM, &limit, 4)
        if var receiveBuffer { zmq_setsockopt(socket, ZMQ_RCVBUF, &receiveBuffer, 4) }
        var timeout = Int32(60_000 * Sanitizer.patience)
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, 4)
        zmq_setsockopt(socket, ZMQ_SNDTIMEO, &timeout, 4)
        try #require(zmq_connect(socket, address.description) == 0)
    }

    deinit {
        var linger: Int32 = 0
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, 4)
        zmq_close(socket)
        zmq_ctx_term(context)
    }

    func send(_ frames: [[UInt8]]) {
        for (index, frame) in frames.enumerated() {
            let sent = zmq_send(socket, frame, frame.count, index + 1 < frames.count ? ZMQ_SNDMORE : 0)
            #expect(sent == frame.count)
        }
    }

    func send(_ envelope: Envelope, protocolVersion: UInt32 = WireProtocol.version) throws {
        send(try WireCoder.encode(envelope, protocolVersion: protocolVersion).map(\.bytes))
    }

    func receiveEnvelope() throws -> Envelope {
        try WireCoder.decode(receive().map { Frame(copying: $0) })
    }

    /// The frames of the next message.
    func receive() throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        repeat {
            var message = zmq_msg_t()
            zmq_msg_init(&message)
            defer { zmq_msg_close(&message) }
            try #require(
                zmq_msg_recv(&message, socket, 0) >= 0, "nothing came: \(String(cString: zmq_strerror(zmq_errno())))")
            frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
            if zmq_msg_more(&message) == 0 { return frames }
        } while true
    }
}

/// A TCP connection of a stranger.
final class RawTCP {
    private let descriptor: Int32

    /// One that a listener has accepted.
    init(accepted descriptor: Int32) throws {
        try #require(descriptor >= 0)
        self.descriptor = descriptor
    }

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Sends what the other side takes; that it hangs up in between is its right.
    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// The next `count` bytes.
    func receive(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try #require(recv(descriptor, &bytes, count, Int32(MSG_WAITALL)) == count)
        return bytes
    }

    /// No more bytes will come from here.
    func finish() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Whether the other side has hung up by now; reads what it sent before.
    var hasHungUp: Bool { isHungUp(flags: Int32(MSG_DONTWAIT)) }

    /// Reads until the other side hangs up; false when it does not within a generous time.
    func isHungUp(flags: Int32 = 0) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, flags)
            if count == 0 || (count < 0 && errno == ECONNRESET) { return true }
            if count < 0 { return false }
        }
    }
}

extension EndpointAddress {
    var port: UInt16 {
        if case .tcp(_, let port) = kind { port } else { 0 }
    }
}

/// A TCP listener of a stranger at a free port of this machine.
final class RawListener {
    let address: EndpointAddress
    private let descriptor: Int32

    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        self.descriptor = descriptor
        var own = sockaddr_in()
        own.sin_family = sa_family_t(AF_INET)
        own.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &own) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, size) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, pointer, &size) == 0
            }
        }
        address = try EndpointAddress("tcp://127.0.0.1:\(UInt16(bigEndian: own.sin_port))")
        try #require(isListening)
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(descriptor)
    }

    /// Waits for the next connection, for at most a minute.
    func accept() throws -> RawTCP { try RawTCP(accepted: Glibc.accept(descriptor, nil, nil)) }
}
