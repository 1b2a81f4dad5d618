/// Merges the bytes of one piece of text, lowest rank first and leftmost first within a rank (arXiv 1508.07909).
///
/// n bytes take O(n log n): candidate pairs wait in a binary heap; a pair that meanwhile changed is skipped when it comes up.
/// Holds scratch memory, so one instance serves many pieces, on one thread.
struct BytePairEncoder {
    private struct Symbol {
        /// −1: merged into the symbol before it.
        var token: Int32
        var previous: Int32
        var next: Int32
    }

    private let merges: MergeTable
    private let byteTokens: [Int32]
    private var symbols: [Symbol] = []
    /// Binary min-heap of rank ‖ position of the left symbol.
    private var candidates: [UInt64] = []

    /// - Parameter byteTokens: token of each byte, −1 for bytes that are dropped.
    init(merges: MergeTable, byteTokens: [Int32]) {
        self.merges = merges
        self.byteTokens = byteTokens
    }

    /// Appends the tokens of `piece` to `output`.
    mutating func encode(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [Int32]) {
        symbols.removeAll(keepingCapacity: true)
        for byte in piece {
            let token = byteTokens[Int(byte)]
            guard token >= 0 else { continue }
            let index = Int32(symbols.count)
            symbols.append(Symbol(token: token, previous: index - 1, next: index + 1))
        }
        guard let last = symbols.indices.last else { return }
        symbols[last].next = -1
        candidates.removeAll(keepingCapacity: true)
        for index in symbols.indices.dropLast() { push(left: index, right: index + 1) }
        while let (rank, left) = pop() { merge(left: left, rank: rank) }
        for symbol in symbols where symbol.token >= 0 { output.append(symbol.token) }
    }

    private mutating func merge(left: Int, rank: UInt32) {
        let right = Int(symbols[left].next)
        guard symbols[left].token >= 0, right >= 0,
            let found = merges.find(symbols[left].token, symbols[right].token), found.rank == rank
        else { return }
        let next = symbols[right].next
        symbols[left].token = found.merged
        symbols[left].next = next
        symbols[right].token = -1
        if next >= 0 {
            symbols[Int(next)].previous = Int32(left)
            push(left: left, right: Int(next))
        }
        if symbols[left].previous >= 0 { push(left: Int(symbols[left].previous), right: left) }
    }

    // MARK: Heap

    private mutating func push(left: Int, right: Int) {
        guard let found = merges.find(symbols[left].token, symbols[right].token) else { return }
        let candidate = UInt64(found.rank) << 32 | UInt64(left)
        candidates.append(candidate)
        var child = candidates.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if candidates[parent] <= candidate { break }
            candidates[child] = candidates[parent]
            child = parent
        }
        candidates[child] = candidate
    }

    private mutating func pop() -> (rank: UInt32, left: Int)? {
        guard let top = candidates.first else { return nil }
        let last = candidates.removeLast()
        if !candidates.isEmpty { siftDown(last) }
        return (UInt32(top >> 32), Int(UInt32(truncatingIfNeeded: top)))
    }

    private mutating func siftDown(_ candidate: UInt64) {
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < candidates.count else { break }
            if child + 1 < candidates.count && candidates[child + 1] < candidates[child] { child += 1 }
            if candidate <= candidates[child] { break }
            candidates[parent] = candidates[child]
            parent = child
        }
        candidates[parent] = candidate
    }
}
