/// What can be told of an envelope by walking over its fields, without unpacking any: enough to refuse it, or to answer
/// a message that turns out to be malformed.
package struct EnvelopePreamble: Sendable, Equatable {
    package var protocolVersion: UInt32 = 0
    package var messageID: UInt64 = 0
    package var inReplyTo: UInt64 = 0
    /// Tensor headers.
    package var tensorCount = 0
    /// Field numbers of the bodies, in order of appearance.
    package var bodies: [UInt32] = []

    /// Walks over the fields of frame 0.
    package init(_ frame: Frame) throws(WireError) {
        self = try frame.withUnsafeBytes { (bytes) throws(WireError) in try EnvelopePreamble(scanning: bytes) }
    }

    private init(scanning bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard bytes.count >= 5, bytes[0] == 0x0D,
            bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self).littleEndian == WireProtocol.magic
        else { throw .foreign(prefix: [UInt8](bytes.prefix(8))) }

        var scanner = ProtobufScanner(bytes)
        while let field = try scanner.next() {
            switch (field.number, field.value) {
            case (2, .varint(let value)): protocolVersion = UInt32(truncatingIfNeeded: value)
            case (3, .varint(let value)): messageID = value
            case (4, .varint(let value)): inReplyTo = value
            case (5, .bytes): tensorCount += 1
            case (16..., .bytes):
                // Two are one too many; a hostile million need not be kept.
                if bodies.count < 2 { bodies.append(field.number) }
            default: break
            }
        }
    }
}

/// Walks over the top-level fields of a protobuf message.
private struct ProtobufScanner {
    enum Value {
        case varint(UInt64)
        case fixed
        case bytes
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func next() throws(WireError) -> (number: UInt32, value: Value)? {
        guard position < bytes.count else { return nil }
        let start = position
        let tag = try varint()
        guard let number = UInt32(exactly: tag >> 3), number > 0 else {
            throw .malformedEnvelope(detail: "field number \(tag >> 3) at byte \(start)")
        }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1:
            try skip(8)
            return (number, .fixed)
        case 2:
            try skip(try varint())
            return (number, .bytes)
        case 5:
            try skip(4)
            return (number, .fixed)
        default: throw .malformedEnvelope(detail: "wire type \(tag & 7) of field \(number) at byte \(start)")
        }
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard position < bytes.count else { break }
            let byte = bytes[position]
            position += 1
            value |= shift < 64 ? UInt64(byte & 0x7F) << UInt64(shift) : 0
            if byte < 0x80 { return value }
        }
        throw .malformedEnvelope(detail: "cut off or overlong number before byte \(position)")
    }

    private mutating func skip(_ count: UInt64) throws(WireError) {
        guard count <= UInt64(bytes.count - position) else {
            throw .malformedEnvelope(detail: "field of \(count) bytes, but \(bytes.count - position) are left")
        }
        position += Int(count)
    }
}
