/// Which cache blocks are in use, and by how many sequences. Role: a pure account; the memory is the pool's. Owner: an engine.
/// Invariant: a block is free exactly when its count is 0.
package struct BlockAllocator: Sendable {
    private var references: [Int32]
    /// Free blocks, the next to hand out last.
    private var free: [Int32]

    package init(blocks: Int) {
        references = Array(repeating: 0, count: blocks)
        free = (0..<Int32(blocks)).reversed()
    }

    package var freeCount: Int { free.count }
    package var usedCount: Int { references.count - free.count }

    /// A block with one reference, or nil when none is free.
    package mutating func allocate() -> Int32? {
        guard let block = free.popLast() else { return nil }
        references[Int(block)] = 1
        return block
    }

    package mutating func retain(_ block: Int32) {
        precondition(references[Int(block)] > 0, "block \(block) is not in use")
        references[Int(block)] += 1
    }

    package mutating func release(_ block: Int32) {
        precondition(references[Int(block)] > 0, "block \(block) is not in use")
        references[Int(block)] -= 1
        if references[Int(block)] == 0 { free.append(block) }
    }
}
