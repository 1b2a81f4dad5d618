import CZeroMQ
import Glibc
import Wire

/// Holds what a frame lent to libzmq needs until libzmq is done with it: the owner of its memory and its budget charge.
final class FrameLoan: Sendable {
    private let owner: any AnyObject & Sendable
    private let charge: OutboundCharge

    private init(owner: any AnyObject & Sendable, charge: OutboundCharge) {
        self.owner = owner
        self.charge = charge
    }

    /// A libzmq message that shares the frame's memory; closing or sending it ends the loan, on whichever thread.
    static func lend(_ frame: Frame, charge: OutboundCharge) -> zmq_msg_t {
        var message = zmq_msg_t()
        let loan = Unmanaged.passRetained(FrameLoan(owner: frame.owner, charge: charge))
        let status = frame.withUnsafeBytes { bytes in
            // The memory is immutable and libzmq only reads it, whatever its signature says.
            zmq_msg_init_data(
                &message, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, endLoan, loan.toOpaque())
        }
        guard status == 0 else { fatalError("out of memory for a message header: \(zeroMQReason(zmq_errno()))") }
        return message
    }
}

private func endLoan(_ data: UnsafeMutableRawPointer?, _ hint: UnsafeMutableRawPointer?) {
    guard let hint else { return }
    Unmanaged<FrameLoan>.fromOpaque(hint).release()
}

/// A received libzmq message as the memory of a frame.
final class ReceivedMemory: @unchecked Sendable {
    // Sendable: immutable after `init`, and libzmq counts references to the memory atomically.
    private let message: UnsafeMutablePointer<zmq_msg_t>

    /// Below this size a copy is cheaper: libzmq's receive buffers have 8 KiB, and one small frame would keep a whole one.
    private static let smallest = 8192

    private init(taking source: UnsafeMutablePointer<zmq_msg_t>) {
        message = .allocate(capacity: 1)
        zmq_msg_init(message)
        zmq_msg_move(message, source)
    }

    deinit {
        zmq_msg_close(message)
        message.deallocate()
    }

    /// The message's bytes, copied at most once; `source` is closed.
    static func frame(taking source: UnsafeMutablePointer<zmq_msg_t>) -> Frame {
        defer { zmq_msg_close(source) }
        let count = zmq_msg_size(source)
        guard count >= smallest else {
            return Frame(copying: UnsafeRawBufferPointer(start: zmq_msg_data(source), count: count))
        }
        let memory = ReceivedMemory(taking: source)
        let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(memory.message), count: count)
        return Frame(owner: memory, bytes: bytes)
    }
}
