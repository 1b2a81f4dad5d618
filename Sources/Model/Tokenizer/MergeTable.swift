/// The learned merges of a byte-pair encoding: (left, right) → rank and merged token, in constant time.
struct MergeTable: Sendable {
    /// A pair of tokens, and rank (upper half) with merged token (lower half). A key of all ones is free.
    private struct Slot {
        var key = UInt64.max
        var value: UInt64 = 0
    }

    /// Hash table with linear probing, size a power of two.
    private var slots: [Slot]

    init(expectedCount: Int) {
        var size = 16
        while size < 2 * expectedCount { size *= 2 }
        slots = [Slot](repeating: Slot(), count: size)
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Fibonacci hashing, its upper bits being the well-mixed ones.
    private func index(of key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.count - 1) }

    /// A pair that is listed twice keeps the later rank, as in the reference.
    mutating func insert(left: Int32, right: Int32, rank: UInt32, merged: Int32) {
        let key = Self.key(left, right)
        var index = index(of: key)
        while slots[index].key != .max && slots[index].key != key { index = (index + 1) & (slots.count - 1) }
        slots[index] = Slot(key: key, value: UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged)))
    }

    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> (rank: UInt32, merged: Int32)? {
        let key = Self.key(left, right)
        var index = index(of: key)
        while slots[index].key != key {
            if slots[index].key == .max { return nil }
            index = (index + 1) & (slots.count - 1)
        }
        let value = slots[index].value
        return (UInt32(value >> 32), Int32(truncatingIfNeeded: value))
    }
}
