/// The tokens of a byte-level vocabulary as byte strings, found by id or by bytes in constant time.
///
/// Invariant: ids are distinct; ids without a token have no bytes.
struct Vocabulary: Sendable {
    /// Most ids that a vocabulary may have.
    static let maximumSize = 1 << 22

    /// All tokens back to back …
    private var blob: [UInt8] = []
    /// … and the place of each id's bytes in it; nil for ids without a token.
    private var ranges: [Range<Int>?] = []
    /// Hash table of ids + 1, 0 when free; linear probing, size a power of two.
    private var slots: [Int32]

    init(expectedCount: Int) {
        var size = 16
        while size < 2 * expectedCount { size *= 2 }
        slots = [Int32](repeating: 0, count: size)
        ranges.reserveCapacity(expectedCount)
    }

    /// One more than the greatest id.
    var size: Int { ranges.count }

    /// Adds a token. Those that are not `isFindable` are reached by id alone.
    mutating func insert(_ bytes: [UInt8], id: Int, isFindable: Bool) throws(TokenizerError) {
        guard id >= 0, id < Self.maximumSize else {
            throw .malformed("token id \(id) is outside 0 to \(Self.maximumSize - 1)")
        }
        while ranges.count <= id { ranges.append(nil) }
        guard ranges[id] == nil else { throw .malformed("two tokens have the id \(id)") }
        ranges[id] = blob.count..<blob.count + bytes.count
        blob.append(contentsOf: bytes)
        guard isFindable else { return }
        var slot = bytes.withUnsafeBufferPointer { Self.hash($0) } & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(id) + 1
    }

    /// The bytes of a token; nil when no token has this id.
    func bytes(of id: Int) -> ArraySlice<UInt8>? {
        guard ranges.indices.contains(id), let range = ranges[id] else { return nil }
        return blob[range]
    }

    /// The token with exactly these bytes.
    func id(of bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        var slot = Self.hash(bytes) & (slots.count - 1)
        while slots[slot] != 0 {
            let id = slots[slot] - 1
            if let range = ranges[Int(id)], blob[range].elementsEqual(bytes) { return id }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    func id(of bytes: [UInt8]) -> Int32? { bytes.withUnsafeBufferPointer { id(of: $0) } }

    /// FNV-1a, folded.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & 0x7FFF_FFFF)
    }
}
