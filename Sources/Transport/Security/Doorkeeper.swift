import CZeroMQ
import Wire

/// Decides who may connect to this process: the handler of ZeroMQ's authentication protocol (ZAP, RFC 27).
///
/// Owner: the reactor, on whose thread it lives, from before the first socket until after the last. Invariant: let in is only
/// who proved to have a key that the allow list gives one of the door's roles; no answer is no admission either, since every
/// bound socket enforces its ZAP domain.
final class Doorkeeper {
    /// A bound socket.
    struct Door {
        let roles: Set<Role>
        let refused: (PeerRefusal) -> Void
    }

    let handle: UnsafeMutableRawPointer
    let keyring: Keyring
    private(set) var allowList: AllowList
    /// Keys that were allowed until now.
    var onRevoked: ((Set<PublicKey>) -> Void)?
    private let onNews: (KeyNews) -> Void
    private var stamp: KeyFile.Stamp?
    private var doors: [String: Door] = [:]

    /// A process that cannot watch its doors must not open any, so that ends it with the reason.
    init(context: ZeroMQContext, keyring: Keyring, onNews: @escaping (KeyNews) -> Void) {
        self.keyring = keyring
        self.onNews = onNews
        allowList = keyring.allowList
        stamp = keyring.stamp
        guard let handle = zmq_socket(context.handle, ZMQ_REP) else {
            fatalError("cannot create the authentication socket: \(zeroMQReason(zmq_errno()))")
        }
        self.handle = handle
        var linger: Int32 = 0
        guard zmq_setsockopt(handle, ZMQ_LINGER, &linger, 4) == 0, zmq_bind(handle, "inproc://zeromq.zap.01") == 0
        else {
            fatalError("cannot bind the authentication socket: \(zeroMQReason(zmq_errno()))")
        }
    }

    func close() { zmq_close(handle) }

    // MARK: Doors

    /// The ZAP domain of a channel's socket.
    static func domain(ofChannel number: Int) -> String { "apus-\(number)" }

    func open(_ door: Door, ofChannel number: Int) { doors[Self.domain(ofChannel: number)] = door }

    func close(doorOfChannel number: Int) { doors[Self.domain(ofChannel: number)] = nil }

    // MARK: Answering

    /// Answers who asks to be let in.
    func serve() {
        while let request = receive() { answer(request) }
    }

    /// Frames of a request: version, request id, domain, address, routing id, mechanism, credentials.
    private func answer(_ request: [[UInt8]]) {
        var reply: [[UInt8]] = [Array("1.0".utf8), request.count > 1 ? request[1] : []]
        if let key = judge(request) {
            reply += [Array("200".utf8), Array("OK".utf8), Array(key.z85.utf8), []]
        } else {
            reply += [Array("400".utf8), Array("not allowed".utf8), [], []]
        }
        for (index, frame) in reply.enumerated() {
            let flags = ZMQ_DONTWAIT | (index + 1 < reply.count ? ZMQ_SNDMORE : 0)
            // If whoever asked is gone already, libzmq discards the answer.
            _ = uninterrupted { zmq_send(handle, frame, frame.count, flags) }
        }
    }

    /// The key of whoever may come in.
    private func judge(_ request: [[UInt8]]) -> PublicKey? {
        guard request.count == 7, request[0] == Array("1.0".utf8), request[5] == Array("CURVE".utf8),
            let key = PublicKey(bytes: request[6]), let door = doors[String(decoding: request[2], as: UTF8.self)]
        else { return nil }
        follow()
        guard let allowed = allowList[key] else {
            door.refused(PeerRefusal(key: key, reason: .unknownKey))
            return nil
        }
        guard door.roles.contains(allowed.role) else {
            door.refused(PeerRefusal(key: key, reason: .wrongRole(allowed.role, name: allowed.name)))
            return nil
        }
        return key
    }

    private func receive() -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        while true {
            var message = zmq_msg_t()
            zmq_msg_init(&message)
            defer { zmq_msg_close(&message) }
            guard uninterrupted({ zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) }) >= 0 else { return nil }
            frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
            if zmq_msg_more(&message) == 0 { return frames }
        }
    }

    // MARK: The allow list

    /// Takes up a changed allow list. One that cannot be read leaves the former one in force, and is told once.
    func follow() {
        let present = KeyFile.stamp(keyring.directory.allowListPath)
        guard present != stamp else { return }
        let former = allowList
        do throws(KeyError) {
            (allowList, stamp) = try keyring.directory.readAllowList()
        } catch {
            stamp = present
            return onNews(.unreadable(error))
        }
        let removed = former.keys.filter { allowList[$0.key] != $0 }
        let added = allowList.keys.filter { former[$0.key] != $0 }
        guard !removed.isEmpty || !added.isEmpty else { return }
        onNews(.reloaded(added: added, removed: removed))
        if !removed.isEmpty { onRevoked?(Set(removed.map(\.key))) }
    }
}
