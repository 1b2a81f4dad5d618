import CZeroMQ
import CZeroMQRepair
import Glibc

/// The libzmq context of a reactor: its I/O threads and all its sockets.
///
/// Owner: the reactor. Invariant: terminated once, after the last of its sockets was closed.
final class ZeroMQContext: @unchecked Sendable {
    // Sendable although it holds a pointer: libzmq contexts may be used from any thread.
    let handle: UnsafeMutableRawPointer

    /// A process that cannot have a context cannot run a role, so that ends it with the reason.
    init() {
        precondition(czeromq_is_repaired(), "libzmq was linked so that Sources/CZeroMQRepair has no effect on it")
        guard let handle = zmq_ctx_new() else {
            fatalError("cannot create a ZeroMQ context: \(zeroMQReason(zmq_errno()))")
        }
        self.handle = handle
    }

    /// Ends the I/O threads; blocks until all sockets have sent what they had or their linger time is over.
    func terminate() {
        _ = uninterrupted { zmq_ctx_term(handle) }
    }
}

/// libzmq's text for an error number.
func zeroMQReason(_ code: Int32) -> String { String(cString: zmq_strerror(code)) }

/// The error of a libzmq call; without a code, of the one that has just failed on this thread.
func zeroMQError(_ operation: String, _ code: Int32 = zmq_errno()) -> TransportError {
    .system(operation: operation, code: code, reason: zeroMQReason(code))
}

/// Calls again what a signal has interrupted.
func uninterrupted(_ call: () -> Int32) -> Int32 {
    while true {
        let result = call()
        if result >= 0 || zmq_errno() != EINTR { return result }
    }
}
