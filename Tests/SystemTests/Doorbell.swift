import CZeroMQ
import Glibc
import Testing

/// Tries one greeting at a port, as a raw ZeroMQ socket, and tells how it went.
enum Doorbell {
    enum Outcome: Equatable {
        case letIn
        /// The server has judged the key.
        case refused
        /// One side speaks clear text.
        case mismatch
        case hungUp
        case nothing
    }

    enum Kind { case dealer, subscriber }

    /// Connects to `address` and waits, for at most 20 seconds, for the greeting's end.
    static func ring(_ address: String, _ kind: Kind, _ keys: StrangerKeys?) throws -> Outcome {
        let context = try #require(zmq_ctx_new())
        let socket = try #require(zmq_socket(context, kind == .dealer ? ZMQ_DEALER : ZMQ_SUB))
        let monitor = try #require(zmq_socket(context, ZMQ_PAIR))
        defer {
            zmq_socket_monitor(socket, nil, 0)
            for socket in [monitor, socket] {
                var linger: Int32 = 0
                zmq_setsockopt(socket, ZMQ_LINGER, &linger, 4)
                zmq_close(socket)
            }
            zmq_ctx_term(context)
        }
        let watched =
            ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
        try #require(zmq_socket_monitor(socket, "inproc://doorbell", watched) == 0)
        try #require(zmq_connect(monitor, "inproc://doorbell") == 0)
        var timeout: Int32 = 20_000
        zmq_setsockopt(monitor, ZMQ_RCVTIMEO, &timeout, 4)
        if let keys { try keys.apply(to: socket) }
        try #require(zmq_connect(socket, address) == 0)
        var event: [UInt8] = [0, 0, 0, 0, 0, 0]
        guard zmq_recv(monitor, &event, event.count, 0) == event.count else { return .nothing }
        return switch Int32(UInt16(event[0]) | UInt16(event[1]) << 8) {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: .letIn
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: .refused
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: .mismatch
        default: .hungUp
        }
    }
}
