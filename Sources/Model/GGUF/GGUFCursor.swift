/// Reads little-endian values of a GGUF header one after another, never past the end of the file.
struct GGUFCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    var remaining: Int { bytes.count - offset }

    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws(GGUFError.Problem) -> Value
    {
        let start = try skip(UInt64(MemoryLayout<Value>.size))
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    /// A length in bytes (UInt64), then UTF-8.
    mutating func string() throws(GGUFError.Problem) -> String {
        let length = try integer(UInt64.self)
        let start = try skip(length)
        let utf8 = UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
        guard let text = String(validating: utf8, as: UTF8.self) else {
            throw .malformed("the string at byte \(start) is not UTF-8")
        }
        return text
    }

    /// The number of `what`, each of which takes at least `minimumBytes`.
    mutating func count(of what: String, minimumBytes: Int) throws(GGUFError.Problem) -> Int {
        let count = try integer(UInt64.self)
        guard count <= UInt64(remaining / minimumBytes) else { throw .absurdCount(what: what, count: count) }
        return Int(count)
    }

    /// Passes over `count` bytes and returns where they begin.
    @discardableResult
    mutating func skip(_ count: UInt64) throws(GGUFError.Problem) -> Int {
        guard count <= UInt64(remaining) else {
            throw .truncated(offset: offset, needed: count - UInt64(remaining))
        }
        defer { offset += Int(count) }
        return offset
    }
}
