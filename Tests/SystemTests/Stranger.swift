import CKernels
import CZeroMQ
import Testing
import Wire

/// A peer of a real process that follows no rules of ours: it sends whatever frames it is told to.
///
/// Owner: one test, on one thread.
final class Stranger {
    private let context: UnsafeMutableRawPointer
    private let socket: UnsafeMutableRawPointer
    private var lastMessageID: UInt64 = 0

    /// Connects to `address`, in clear text or with keys; whoever waits for an answer there waits for at most 20 seconds.
    convenience init(_ address: String, _ keys: StrangerKeys? = nil) throws {
        try self.init(kind: ZMQ_DEALER)
        if let keys { try keys.apply(to: socket) }
        try #require(zmq_connect(socket, address) == 0)
    }

    /// Serves at a free port of this machine, as a learner would. Messages come and go with the peer's id before them.
    static func serving() throws -> (stranger: Stranger, address: String) {
        let stranger = try Stranger(kind: ZMQ_ROUTER)
        try #require(zmq_bind(stranger.socket, "tcp://127.0.0.1:*") == 0)
        var bytes = [UInt8](repeating: 0, count: 256)
        var count = bytes.count
        try #require(zmq_getsockopt(stranger.socket, ZMQ_LAST_ENDPOINT, &bytes, &count) == 0)
        return (stranger, String(decoding: bytes.prefix(count - 1), as: UTF8.self))
    }

    private init(kind: Int32) throws {
        context = try #require(zmq_ctx_new())
        socket = try #require(zmq_socket(context, kind))
        var timeout: Int32 = 20_000
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, 4)
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

    /// The frames of a message as an honest peer would send it.
    func frames(_ message: Message, protocolVersion: UInt32 = WireProtocol.version) throws -> [[UInt8]] {
        lastMessageID += 1
        let envelope = Envelope(messageID: lastMessageID, message: message)
        return try WireCoder.encode(envelope, protocolVersion: protocolVersion).map(\.bytes)
    }

    /// Sends a message and returns the answer to it.
    func ask(_ message: Message) throws -> Message {
        try ask(frames(message))
    }

    /// Sends frames made by `frames(_:)`, perhaps spoilt since, and returns what comes in answer to that message.
    func ask(_ frames: [[UInt8]]) throws -> Message {
        send(frames)
        while true {
            let answer = try WireCoder.decode(receive().map { Frame(copying: $0) })
            if answer.inReplyTo == lastMessageID { return answer.message }
        }
    }

    /// Sends frames and returns the refusal that must come in answer.
    func refusal(of frames: [[UInt8]], location: SourceLocation = #_sourceLocation) throws -> Failure {
        let answer = try ask(frames)
        guard case .failure(let failure) = answer else {
            Issue.record("not refused: \(answer)", sourceLocation: location)
            return Failure(code: .internal, message: "")
        }
        return failure
    }

    /// The frames of the next message.
    func receive() throws -> [[UInt8]] {
        var frames: [[UInt8]] = []
        repeat {
            var message = zmq_msg_t()
            zmq_msg_init(&message)
            defer { zmq_msg_close(&message) }
            try #require(
                zmq_msg_recv(&message, socket, 0) >= 0, "no answer: \(String(cString: zmq_strerror(zmq_errno())))")
            frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message))))
            if zmq_msg_more(&message) == 0 { return frames }
        } while true
    }

    /// Writes `value` over the first float of frame `index` and corrects the checksum, as a peer would whose numbers went wrong
    /// before it made the message.
    static func spoil(_ frames: [[UInt8]], tensor index: Int, with value: Float) -> [[UInt8]] {
        var frames = frames
        let before = apus_crc32c(0, frames[index], frames[index].count)
        withUnsafeBytes(of: value) { frames[index].replaceSubrange(0..<4, with: $0) }
        let after = apus_crc32c(0, frames[index], frames[index].count)
        let old = withUnsafeBytes(of: before) { Array($0) }, new = withUnsafeBytes(of: after) { Array($0) }
        for start in 0...(frames[0].count - 4) where Array(frames[0][start..<start + 4]) == old {
            frames[0].replaceSubrange(start..<start + 4, with: new)
        }
        return frames
    }
}
