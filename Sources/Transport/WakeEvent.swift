import CZeroMQ
import Glibc

/// An eventfd: any thread signals, and the reactor's poll sees it beside its sockets.
///
/// Owner: the reactor. Invariant: a signal sent before a poll is never lost.
final class WakeEvent: Sendable {
    /// Readable while a signal is pending.
    let descriptor: Int32

    /// A process without a descriptor to spare cannot run a role, so that ends it with the reason.
    init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else { fatalError("cannot create an eventfd: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    /// Makes the descriptor readable.
    func signal() {
        // It fails only if the counter is at its limit, and then a signal is pending anyway.
        _ = eventfd_write(descriptor, 1)
    }

    /// Takes back all signals.
    func clear() {
        var count: eventfd_t = 0
        // It fails only if there is no signal.
        _ = eventfd_read(descriptor, &count)
    }
}
