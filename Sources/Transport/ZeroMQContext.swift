import CZeroMQ
import Glibc

/// The libzmq context of a reactor: its I/O threads and all its sockets.
///
/// Owner: the reactor. Invariant: terminated once, after the last of its sockets was closed.
final class ZeroMQContext: @unchecked Sendable {
    // Sendable although it holds a pointer: libzmq contexts may be used from any thread.
    let handle: UnsafeMutableRawPointer

    /// A process that cannot have a context cannot run a role, so that ends it with the reason.
    init() {
        guard let handle = zmq_ctx_new() else {
            fatalError("cannot create a ZeroMQ context: \(zeroMQReason(zmq_errno()))")
        }
        self.handle = handle
    }

    /// Ends the I/O threads; blocks until all sockets have sent what they had or their linger time is over.
    func terminate() {
        while zmq_ctx_term(handle) != 0 && zmq_errno() == EINTR {}
    }
}

/// libzmq's text for an error number.
func zeroMQReason(_ code: Int32) -> String { String(cString: zmq_strerror(code)) }

/// The error of the libzmq call that has just failed on this thread.
func zeroMQError(_ operation: String) -> TransportError {
    let code = zmq_errno()
    return .system(operation: operation, code: code, reason: zeroMQReason(code))
}
