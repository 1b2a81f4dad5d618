import CZeroMQ
import Glibc

/// libzmq's news about the connections of one socket, read from an inproc pair.
///
/// Owner: a `Channel`. Invariant: started before its socket binds or connects, so that no event is missed, and stopped
/// before that socket closes. Its queue has no bound, on purpose: with a full one libzmq would block its I/O thread.
final class SocketMonitor {
    enum Event: Equatable {
        /// A peer's connection was accepted.
        case accepted(descriptor: Int32)
        /// The greeting succeeded.
        case connected
        /// The greeting failed.
        case handshakeFailed(GreetingFailure)
        /// A connection, greeted or not, has ended.
        case disconnected(descriptor: Int32)
    }

    let handle: UnsafeMutableRawPointer
    private let socket: Socket

    private static let watched =
        ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
        | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

    /// `name` is unique in the context.
    init(context: ZeroMQContext, socket: Socket, name: String) throws(TransportError) {
        let address = "inproc://monitor-\(name)"
        guard zmq_socket_monitor(socket.handle, address, Self.watched) == 0 else {
            throw zeroMQError("cannot monitor a socket")
        }
        self.socket = socket
        guard let handle = zmq_socket(context.handle, ZMQ_PAIR) else {
            let error = zeroMQError("cannot create a monitor socket")
            zmq_socket_monitor(socket.handle, nil, 0)
            throw error
        }
        self.handle = handle
        var unlimited: Int32 = 0
        var linger: Int32 = 0
        guard zmq_setsockopt(handle, ZMQ_RCVHWM, &unlimited, 4) == 0,
            zmq_setsockopt(handle, ZMQ_LINGER, &linger, 4) == 0,
            zmq_connect(handle, address) == 0
        else {
            let error = zeroMQError("cannot connect a monitor socket")
            close()
            throw error
        }
    }

    func close() {
        zmq_socket_monitor(socket.handle, nil, 0)
        zmq_close(handle)
    }

    /// The next event, if there is one. All events that preceded a message just received are there.
    func next() -> Event? {
        while let (code, value) = receive() {
            switch code {
            case ZMQ_EVENT_ACCEPTED: return .accepted(descriptor: value)
            case ZMQ_EVENT_DISCONNECTED: return .disconnected(descriptor: value)
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .connected
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                return .handshakeFailed(GreetingFailure(systemError: value))
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
                return .handshakeFailed(GreetingFailure(protocolError: value))
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .handshakeFailed(.refused(status: value))
            default: continue
            }
        }
        return nil
    }

    /// An event has two frames: its code (16 bits) with a value (32 bits), and an address which is of no use here.
    private func receive() -> (code: Int32, value: Int32)? {
        var event: [UInt8] = [0, 0, 0, 0, 0, 0]
        guard uninterrupted({ zmq_recv(handle, &event, event.count, ZMQ_DONTWAIT) }) == event.count else { return nil }
        _ = uninterrupted { zmq_recv(handle, nil, 0, ZMQ_DONTWAIT) }
        return event.withUnsafeBytes {
            (Int32($0.loadUnaligned(as: UInt16.self)), $0.loadUnaligned(fromByteOffset: 2, as: Int32.self))
        }
    }
}
