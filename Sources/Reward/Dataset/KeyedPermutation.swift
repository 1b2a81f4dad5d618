/// A permutation of 0 ..< count that a key names, computed number by number: a shuffled order without a list of it.
///
/// A Feistel network over the least even number of bits that holds `count`; results outside of the range are permuted again
/// (cycle walking), on average at most four times.
struct KeyedPermutation: Sendable {
    private static let rounds = 8

    let count: Int
    private let halfBits: UInt64
    private let keys: [UInt64]

    /// - Precondition: `count` > 0.
    init(count: Int, keys: UInt64...) {
        precondition(count > 0, "nothing to permute")
        self.count = count
        let bits = UInt64(Int.bitWidth - (count - 1).leadingZeroBitCount)
        halfBits = max(1, (bits + 1) / 2)
        var random = SplitMix64(key: keys)
        self.keys = (0..<Self.rounds).map { _ in random.next() }
    }

    /// Where `position` goes.
    subscript(position: Int) -> Int {
        precondition((0..<count).contains(position), "\(position) is no position of \(count)")
        var word = UInt64(position)
        repeat { word = permuted(word) } while word >= UInt64(count)
        return Int(word)
    }

    private func permuted(_ word: UInt64) -> UInt64 {
        let mask = (1 << halfBits) - 1 as UInt64
        var (left, right) = (word >> halfBits, word & mask)
        for key in keys { (left, right) = (right, left ^ (SplitMix64.mix(right ^ key) & mask)) }
        return left << halfBits | right
    }
}
