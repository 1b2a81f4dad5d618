import CZeroMQ
import Glibc
import Wire

/// One libzmq socket.
///
/// Owner: a `Channel`. Invariant: created, used and closed on the reactor's thread.
final class Socket {
    enum Kind {
        case router, dealer, publisher, subscriber

        fileprivate var code: Int32 {
            switch self {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .publisher: ZMQ_PUB
            case .subscriber: ZMQ_SUB
            }
        }
    }

    enum Sending {
        case sent
        /// No connection, or libzmq's own queue is full; nothing was sent.
        case wouldBlock
        /// The router has no such peer; nothing was sent.
        case unreachable
        /// The connection broke within the message; the peer has nothing of it.
        case lost
    }

    struct Received {
        var frames: [Frame] = []
        var bytes = 0
        /// Number of the connection's file descriptor, −1 when unknown.
        var descriptor: Int32 = -1
        /// More frames or bytes than allowed; `frames` holds the first of them only.
        var isOversized = false
        /// The key with which the sender's connection was let in; nil in clear text.
        var key: PublicKey?
    }

    let handle: UnsafeMutableRawPointer

    init(context: ZeroMQContext, kind: Kind) throws(TransportError) {
        guard let handle = zmq_socket(context.handle, kind.code) else { throw zeroMQError("cannot create a socket") }
        self.handle = handle
    }

    func close() {
        zmq_close(handle)
    }

    /// Ends one connection of a bound socket, for which libzmq has no call: its I/O thread finds the connection closed. If the
    /// descriptor has just passed to another connection, that one's owner connects anew.
    static func cut(_ descriptor: Int32) {
        // An error means that the connection is gone already.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    func set(_ option: Int32, _ value: Int) throws(TransportError) {
        // MAXMSGSIZE is the one option with 64 bits.
        let result: Int32
        if option == ZMQ_MAXMSGSIZE {
            var wide = Int64(value)
            result = zmq_setsockopt(handle, option, &wide, MemoryLayout<Int64>.size)
        } else {
            var narrow = Int32(clamping: value)
            result = zmq_setsockopt(handle, option, &narrow, MemoryLayout<Int32>.size)
        }
        guard result == 0 else { throw zeroMQError("cannot set socket option \(option) to \(value)") }
    }

    func set(_ option: Int32, _ bytes: [UInt8]) throws(TransportError) {
        // The value may be a key: no error shows it.
        guard zmq_setsockopt(handle, option, bytes, bytes.count) == 0 else {
            throw zeroMQError("cannot set socket option \(option)")
        }
    }

    /// Lets a subscriber receive every notice.
    func subscribeToAll() throws(TransportError) {
        guard zmq_setsockopt(handle, ZMQ_SUBSCRIBE, "", 0) == 0 else { throw zeroMQError("cannot subscribe") }
    }

    func bind(to address: EndpointAddress) throws(TransportError) {
        guard zmq_bind(handle, address.description) != 0 else { return }
        let code = zmq_errno()
        if code == EADDRINUSE { throw .addressInUse(address, owner: AddressOwner.find(of: address)) }
        throw zeroMQError("cannot bind to \(address)", code)
    }

    func connect(to address: EndpointAddress) throws(TransportError) {
        guard zmq_connect(handle, address.description) == 0 else { throw zeroMQError("cannot connect to \(address)") }
    }

    /// The address of the last bind or connect, with the real port.
    func lastEndpoint() throws(TransportError) -> EndpointAddress {
        var text = [CChar](repeating: 0, count: 512)
        var size = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &size) == 0 else {
            throw zeroMQError("cannot read the address of a socket")
        }
        return try EndpointAddress(
            String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    /// Sends a message, all of it or nothing, without waiting. The frames are lent, not copied.
    func send(_ frames: [Frame], to peer: PeerID? = nil, charge: OutboundCharge) throws(TransportError) -> Sending {
        precondition(!frames.isEmpty, "a message needs a frame")
        if let peer {
            let sending = try startSending(to: peer)
            guard case .sent = sending else { return sending }
        }
        var isLost = false
        for (index, frame) in frames.enumerated() {
            let more = index + 1 < frames.count
            if try sendPart(frame, more: more, charge: charge) { continue }
            if index == 0 && peer == nil { return .wouldBlock }
            // libzmq discards the rest of a broken message by itself, but only if it is given that rest.
            isLost = true
        }
        return isLost ? .lost : .sent
    }

    private func startSending(to peer: PeerID) throws(TransportError) -> Sending {
        let sent = peer.routingID.withUnsafeBytes { id in
            uninterrupted { zmq_send(handle, id.baseAddress, id.count, ZMQ_SNDMORE | ZMQ_DONTWAIT) }
        }
        guard sent < 0 else { return .sent }
        switch zmq_errno() {
        case EHOSTUNREACH: return .unreachable
        case EAGAIN: return .wouldBlock
        case let code: throw zeroMQError("cannot send to peer \(peer)", code)
        }
    }

    private func sendPart(_ frame: Frame, more: Bool, charge: OutboundCharge) throws(TransportError) -> Bool {
        var message = FrameLoan.lend(frame, charge: charge)
        let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
        guard uninterrupted({ zmq_msg_send(&message, handle, flags) }) < 0 else { return true }
        let code = zmq_errno()
        zmq_msg_close(&message)
        guard code == EAGAIN else { throw zeroMQError("cannot send", code) }
        return false
    }

    /// Takes one message, if there is one, without waiting.
    func receive(limits: TransportLimits) throws(TransportError) -> Received? {
        var received = Received()
        while true {
            var message = zmq_msg_t()
            zmq_msg_init(&message)
            guard uninterrupted({ zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) }) >= 0 else {
                let code = zmq_errno()
                zmq_msg_close(&message)
                if code == EAGAIN { return nil }
                throw zeroMQError("cannot receive", code)
            }
            let more = zmq_msg_more(&message) != 0
            received.bytes += zmq_msg_size(&message)
            received.descriptor = zmq_msg_get(&message, ZMQ_SRCFD)
            // The user id is what the doorkeeper answered. The text lives in the message.
            if !more, let user = zmq_msg_gets(&message, "User-Id") {
                received.key = PublicKey(z85: String(cString: user))
            }
            if received.frames.count < limits.frames && received.bytes <= limits.wire.messageBytes {
                received.frames.append(ReceivedMemory.frame(taking: &message))
            } else {
                received.isOversized = true
                zmq_msg_close(&message)
            }
            if !more { return received }
        }
    }
}
