import Testing
import Wire

/// Everything that a faulty or hostile peer may send: each gets its own error, and nothing else happens.
@Suite("Malformed messages are refused")
struct MalformedTests {
    private let verdict = WireVerdict(judgement: .correct(score: 1))

    /// A submission of two responses of 3 and 1 tokens, whose tensors are, in order: tokens, log_probabilities.
    var group: GroupSubmission {
        let span = VersionSpan(version: 1, sha256: [UInt8](repeating: 1, count: 32), count: 3)
        var short = span
        short.count = 1
        return GroupSubmission(
            leaseID: 1, groupID: 2, attempt: 0,
            responses: [
                ResponseRecord(sample: 0, tokenCount: 3, spans: [span], verdict: verdict, finish: .stop),
                ResponseRecord(sample: 1, tokenCount: 1, spans: [short], verdict: verdict, finish: .length),
            ], tokens: [1, 2, 3, 4], logProbabilities: [-1, -2, 0, -3])
    }

    func frames(_ group: GroupSubmission? = nil) throws(WireError) -> [Frame] {
        try WireCoder.encode(Envelope(messageID: 7, message: .groupSubmission(group ?? self.group)))
    }

    func refusal(_ frames: [Frame], limits: WireLimits = .standard) -> WireError? {
        wireError { () throws(WireError) in _ = try WireCoder.decode(frames, limits: limits) }
    }

    /// The error of encoding a changed submission.
    func refusal(change: (inout GroupSubmission) -> Void) -> WireError? {
        var group = self.group
        change(&group)
        return wireError { () throws(WireError) in _ = try frames(group) }
    }

    /// A header with everything as it should be, unless told otherwise.
    func header(
        _ writer: inout ProtobufWriter, name: String = "content", type: UInt64 = 5, shape: [UInt8] = [4],
        content: [UInt8] = [1, 2, 3, 4], byteCount: UInt64 = 4
    ) {
        writer.message(5) {
            $0.text(1, name)
            $0.varint(2, type)
            $0.data(3, shape)
            $0.fixed32(4, referenceChecksum(content))
            $0.varint(5, byteCount)
        }
    }

    func chunk(_ write: (inout ProtobufWriter) -> Void, content: [[UInt8]] = [[1, 2, 3, 4]]) -> [Frame] {
        let first = ProtobufWriter.envelope {
            write(&$0)
            $0.message(33) { $0.varint(1, 3) }
        }
        return [first] + content.map { Frame(copying: $0) }
    }

    // MARK: Envelope

    @Test("no frame, an empty one, garbage, a browser")
    func strangers() {
        #expect(refusal([]) == .frameCount(found: 0, expected: 1))
        #expect(refusal([Frame(copying: [UInt8]())]) == .foreign(prefix: []))
        let request = Array("GET / HTTP/1.1\r\n".utf8)
        #expect(refusal([Frame(copying: request)]) == .foreign(prefix: Array("GET / HT".utf8)))
        let garbage = ProtobufWriter.envelope { $0.data(17, [0xFF, 0xFF]) }
        #expect(refusal([garbage])?.reason == "malformed_envelope")
    }

    @Test("an envelope cut off anywhere")
    func truncatedEnvelope() throws {
        let whole = try frames()
        for length in 0..<whole[0].count {
            let error = refusal([whole[0].slice(0..<length)] + whole.dropFirst())
            #expect(error?.failureCode == .malformed || error?.failureCode == .incompatibleProtocol, "\(length) bytes")
        }
    }

    @Test("another protocol version, whatever its body is")
    func wrongVersion() throws {
        let envelope = Envelope(messageID: 7, message: .goodbye(Goodbye(reason: "")))
        let error = refusal(try WireCoder.encode(envelope, protocolVersion: 2))
        #expect(error == .incompatibleProtocol(theirs: 2, ours: 1))
        #expect(error?.failureCode == .incompatibleProtocol)
        #expect(error?.description.contains("version 2") == true)
        let future = ProtobufWriter.envelope(version: 9) { $0.data(99, [0xFF]) }
        #expect(refusal([future]) == .incompatibleProtocol(theirs: 9, ours: 1))
        // So that the refusal can name what it refuses.
        #expect(try EnvelopePreamble(future).messageID == 7)
        #expect(refusal([ProtobufWriter.envelope(version: 0) { _ in }]) == .incompatibleProtocol(theirs: 0, ours: 1))
    }

    @Test("a Hello whose own version differs")
    func wrongVersionInHello() {
        let first = ProtobufWriter.envelope {
            $0.message(17) {
                $0.varint(1, 3)
                $0.message(3) {
                    $0.varint(1, 2)
                    $0.text(2, "w")
                }
            }
        }
        #expect(refusal([first]) == .incompatibleProtocol(theirs: 3, ours: 1))
    }

    @Test("no body, an unknown one, two")
    func bodies() {
        #expect(refusal([ProtobufWriter.envelope { _ in }]) == .missingBody)
        #expect(refusal([ProtobufWriter.envelope { $0.message(99) { _ in } }]) == .unknownBody(field: 99))
        let two = ProtobufWriter.envelope {
            $0.message(21) { _ in }
            $0.message(21) { _ in }
        }
        #expect(refusal([two]) == .severalBodies)
    }

    @Test("message id 0")
    func missingMessageID() {
        let error = refusal([ProtobufWriter.envelope(messageID: 0) { $0.message(21) { _ in } }])
        #expect(error == .invalid(field: "message_id", value: "0", expected: "≥ 1"))
    }

    @Test("sizes over the receiver's limits, before anything is parsed")
    func oversized() throws {
        let whole = try frames()
        let limits: [(WireLimits, String)] = [
            (WireLimits(envelopeBytes: whole[0].count - 1), "bytes of the envelope"),
            (WireLimits(tensorCount: 1), "number of tensors"), (WireLimits(tensorBytes: 15), "bytes of a tensor"),
            (WireLimits(messageBytes: whole[0].count + 31), "bytes of the message"),
        ]
        for (limits, what) in limits {
            guard case .oversized(what, let count, let limit) = refusal(whole, limits: limits) else {
                Issue.record("\(what): \(String(describing: refusal(whole, limits: limits)))")
                continue
            }
            #expect(count == limit + 1 || what == "number of tensors")
        }
        let huge = Frame(copying: [UInt8](repeating: 0, count: 1 << 20 + 1))
        #expect(refusal([huge])?.failureCode == .oversized)
    }

    @Test("an envelope that swells when parsed")
    func memory() {
        let swelling = ProtobufWriter.envelope {
            $0.message(20) { reply in for _ in 0..<500_000 { reply.data(2, []) } }
        }
        #expect(swelling.count < WireLimits.standard.envelopeBytes)
        guard case .oversized(_, let spent, let limit) = refusal([swelling]) else {
            Issue.record("accepted or refused otherwise")
            return
        }
        #expect(spent <= limit)
    }

    // MARK: Tensors

    @Test("more or fewer frames than headers")
    func frameCount() throws {
        let whole = try frames()
        #expect(refusal(whole.dropLast()) == .frameCount(found: 2, expected: 3))
        #expect(refusal(whole + [whole[1]]) == .frameCount(found: 4, expected: 3))
    }

    @Test("a truncated and a damaged tensor")
    func damagedTensor() throws {
        let whole = try frames()
        let truncated = refusal([whole[0], whole[1].slice(0..<15), whole[2]])
        #expect(truncated == .tensorBytes(name: "tokens", found: 15, expected: "16, shape [4] of I32"))
        var bytes = whole[1].bytes
        bytes[5] ^= 0x10
        let (found, expected) = (referenceChecksum(bytes), referenceChecksum(whole[1].bytes))
        let damaged = refusal([whole[0], Frame(copying: bytes), whole[2]])
        #expect(damaged == .checksum(tensor: "tokens", found: found, expected: expected))
    }

    @Test("headers that lie")
    func headers() {
        #expect(refusal(chunk { header(&$0) }) == nil)
        #expect(refusal(chunk { header(&$0, byteCount: 5) })?.reason == "tensor_bytes")
        #expect(refusal(chunk { header(&$0, shape: [5]) })?.reason == "tensor_bytes")
        #expect(refusal(chunk { header(&$0, shape: []) })?.reason == "invalid_field")
        #expect(refusal(chunk { header(&$0, shape: [1, 4]) })?.reason == "invalid_field")
        #expect(refusal(chunk { header(&$0, shape: [UInt8](repeating: 1, count: 9)) })?.reason == "oversized")
        #expect(refusal(chunk { header(&$0, type: 0) })?.reason == "invalid_field")
        #expect(refusal(chunk { header(&$0, type: 99) })?.reason == "invalid_field")
        let wrongType = refusal(chunk { header(&$0, type: 3, shape: [1]) })
        #expect(wrongType == .tensorType(name: "content", found: .int32, expected: "U8"))
        #expect(refusal(chunk { header(&$0, name: "../etc") })?.reason == "invalid_field")
        #expect(refusal(chunk { header(&$0, name: "other") }) == .missing(field: "tensor content"))
    }

    @Test("shapes whose product overflows")
    func overflow() {
        // Four dimensions of 2^62, and one of 2^64 − 1.
        let large: [UInt8] = [UInt8](repeating: 0x80, count: 8) + [0x40]
        #expect(refusal(chunk { header(&$0, shape: large + large + large + large) })?.reason == "tensor_bytes")
        let larger = [UInt8](repeating: 0xFF, count: 9) + [0x01]
        #expect(refusal(chunk { header(&$0, shape: larger) })?.reason == "invalid_field")
        let error = refusal(chunk({ header(&$0, shape: [0] + larger, content: [], byteCount: 0) }, content: [[]]))
        #expect(error?.reason == "invalid_field")
    }

    @Test("a tensor twice, and one that does not belong")
    func surplusTensors() {
        let content: [[UInt8]] = [[1, 2, 3, 4], [1, 2, 3, 4]]
        let twice = chunk(
            {
                header(&$0)
                header(&$0)
            }, content: content)
        #expect(refusal(twice) == .duplicateTensor(name: "content"))
        let foreign = chunk(
            {
                header(&$0)
                header(&$0, name: "malware")
            }, content: content)
        #expect(refusal(foreign) == .unexpectedTensor(name: "malware"))
    }
}
