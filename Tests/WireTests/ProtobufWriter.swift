import Wire

/// Writes protobuf by hand: messages that no encoder would make, and an implementation of the format that shares nothing
/// with the one under test.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        raw(field << 3)
        raw(value)
    }

    mutating func fixed32(_ field: UInt64, _ value: UInt32) {
        raw(field << 3 | 5)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    mutating func data(_ field: UInt64, _ content: [UInt8]) {
        raw(field << 3 | 2)
        raw(UInt64(content.count))
        bytes += content
    }

    mutating func text(_ field: UInt64, _ content: String) {
        data(field, Array(content.utf8))
    }

    mutating func message(_ field: UInt64, _ write: (inout ProtobufWriter) -> Void) {
        var inner = ProtobufWriter()
        write(&inner)
        data(field, inner.bytes)
    }

    private mutating func raw(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Frame 0 with a good preamble; `body` writes tensors and body.
    static func envelope(version: UInt64 = 1, messageID: UInt64 = 7, _ body: (inout ProtobufWriter) -> Void) -> Frame {
        var writer = ProtobufWriter()
        writer.fixed32(1, WireProtocol.magic)
        writer.varint(2, version)
        writer.varint(3, messageID)
        body(&writer)
        return Frame(copying: writer.bytes)
    }
}

/// CRC-32C bit by bit, from its definition.
func referenceChecksum(_ bytes: [UInt8]) -> UInt32 {
    var remainder: UInt32 = .max
    for byte in bytes {
        remainder ^= UInt32(byte)
        for _ in 0..<8 { remainder = remainder & 1 == 1 ? (remainder >> 1) ^ 0x82F6_3B78 : remainder >> 1 }
    }
    return ~remainder
}

/// The error that `body` throws; nil if it does not.
func wireError(_ body: () throws(WireError) -> Void) -> WireError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}
