/// The learned merges of a byte-pair encoding: (left, right) → rank and merged token, in constant time.
struct MergeTable: Sendable {
    /// Hash table with linear probing, size a power of two, a key of all ones being free.
    private var keys: [UInt64]
    /// Rank in the upper, merged token in the lower half.
    private var values: [UInt64]

    init(expectedCount: Int) {
        var size = 16
        while size < 2 * expectedCount { size *= 2 }
        keys = [UInt64](repeating: .max, count: size)
        values = [UInt64](repeating: 0, count: size)
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Fibonacci hashing, its upper bits being the well-mixed ones.
    private func slot(_ key: UInt64) -> Int { Int((key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (keys.count - 1) }

    /// A pair that is listed twice keeps the later rank, as in the reference.
    mutating func insert(left: Int32, right: Int32, rank: UInt32, merged: Int32) {
        let key = Self.key(left, right)
        var slot = slot(key)
        while keys[slot] != .max && keys[slot] != key { slot = (slot + 1) & (keys.count - 1) }
        keys[slot] = key
        values[slot] = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: merged))
    }

    @inline(__always)
    func find(_ left: Int32, _ right: Int32) -> (rank: UInt32, merged: Int32)? {
        let key = Self.key(left, right)
        var slot = slot(key)
        while keys[slot] != key {
            if keys[slot] == .max { return nil }
            slot = (slot + 1) & (keys.count - 1)
        }
        let value = values[slot]
        return (UInt32(value >> 32), Int32(truncatingIfNeeded: value))
    }
}
