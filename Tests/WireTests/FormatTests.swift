import Testing
import Wire

/// Pins the bytes on the wire, so that a peer written from Protos/ alone keeps understanding us.
@Suite("The format on the wire")
struct FormatTests {
    private let hello = Envelope(
        messageID: 300, inReplyTo: 0,
        message: .hello(
            Hello(
                runID: "run-7",
                member: Member(
                    role: .rewardVerifier, id: "v1", incarnation: 2,
                    endpoints: [Endpoint(purpose: .serving, address: "tcp://h:1")]),
                software: "apus", verifierKinds: ["countdown"])))

    @Test("a Hello, byte for byte")
    func goldenHello() throws {
        let golden =
            "0d53555041" + "1001" + "18ac02"  // magic, protocol version 1, message id 300
            + "8a0133"  // field 17, 51 bytes
            + "0801" + "1205" + "72756e2d37"  // protocol version, run id
            + "1a17" + "0803" + "1202" + "7631" + "1802"  // member: role, id, incarnation
            + "220d" + "0801" + "1209" + "7463703a2f2f683a31"  // endpoint
            + "2204" + "61707573" + "2a09" + "636f756e74646f776e"  // software, kind
        let frames = try WireCoder.encode(hello)
        #expect(frames.count == 1)
        #expect(frames[0].bytes.map(hexadecimal).joined() == golden)
    }

    @Test("a chunk written by hand is read")
    func foreignChunk() throws {
        let content: [UInt8] = Array("123456789".utf8)
        let first = ProtobufWriter.envelope(messageID: 5) {
            $0.varint(4, 9)
            $0.message(5) {
                $0.text(1, "content")
                $0.varint(2, 5)
                $0.data(3, [9])
                $0.fixed32(4, 0xE306_9283)  // The published check value of CRC-32C.
                $0.varint(5, 9)
            }
            $0.message(33) {
                $0.varint(1, 3)
                $0.varint(2, 64)
            }
        }
        let read = try WireCoder.decode([first, Frame(copying: content)])
        let expected = Chunk(versionNumber: 3, offset: 64, content: Frame(copying: content))
        #expect(read == Envelope(messageID: 5, inReplyTo: 9, message: .chunk(expected)))
    }

    @Test("unknown fields of a known message are ignored")
    func unknownFields() throws {
        let first = ProtobufWriter.envelope {
            $0.varint(9, 1)
            $0.message(21) {
                $0.text(1, "done")
                $0.text(77, "from a newer peer")
            }
        }
        #expect(try WireCoder.decode([first]).message == .goodbye(Goodbye(reason: "done")))
    }

    @Test("tensors are little endian, row-major, with the checksum of the definition")
    func tensorHeaders() throws {
        let lease = Lease(
            leaseID: 1, groupID: 2, attempt: 0, prompt: [1, 0x0102_0304], promptText: "é", samples: 1, maximumTokens: 1,
            temperature: 1, stopTokens: [], minimumVersion: 0, deadlineMilliseconds: 1, verifierKind: "exact",
            verificationPayload: [])
        let frames = try WireCoder.encode(Envelope(messageID: 1, message: .leaseGrant(LeaseGrant(leases: [lease]))))
        #expect(frames.dropFirst().map(\.bytes) == [[1, 0, 0, 0, 4, 3, 2, 1], [0xC3, 0xA9]])
        let checksum = referenceChecksum(frames[1].bytes)
        let header = frames[0].bytes.map(hexadecimal).joined()
        #expect(header.contains("0a0770726f6d707473" + "1003" + "1a0102" + "25" + littleEndian(checksum) + "2808"))
    }

    private func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private func littleEndian(_ value: UInt32) -> String {
        (0..<4).map { hexadecimal(UInt8(truncatingIfNeeded: value >> ($0 * 8))) }.joined()
    }
}
