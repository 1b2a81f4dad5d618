/// The rows of one forward: for each its token, its position, and the blocks that hold the keys and values it sees.
/// Role: the common form of a learner batch (whole sequences), of a decode step (one row per sequence) and of a prefill chunk,
/// so that there is one forward (promise 5). Owner: built afresh for each forward.
///
/// Invariant: a row at position p sees positions 0 … p of its table; position p lies in block table[p / 16], lane p mod 16.
/// Keys and values of positions without a row in this plan are already in the pool.
package struct RowPlan {
    /// Positions per block.
    package static let blockPositions = 16

    package private(set) var tokens: [Int32] = []
    package private(set) var positions: [Int32] = []
    /// Index of each row's block table.
    private(set) var tableOfRow: [Int32] = []
    /// Table t is tableBlocks[tableOffsets[t] ..< tableOffsets[t + 1]].
    private(set) var tableOffsets: [Int32] = [0]
    private(set) var tableBlocks: [Int32] = []
    /// Further blocks into which a row's key and value are written, at its own lane: the copies of a shared prompt's last,
    /// partly filled block.
    private(set) var copies: [(row: Int32, block: Int32)] = []
    private(set) var highestPosition: Int32 = -1
    /// Blocks a pool of its own needs; 0 when the blocks belong to someone else.
    private(set) var blockCount = 0

    package init() {}

    package var rowCount: Int { tokens.count }

    /// Adds a block table and returns its index.
    package mutating func addTable(_ blocks: some Sequence<Int32>) -> Int {
        tableBlocks.append(contentsOf: blocks)
        tableOffsets.append(Int32(tableBlocks.count))
        return tableOffsets.count - 2
    }

    /// Adds a row and returns its index. Rows of one sequence are added in order of position.
    @discardableResult
    package mutating func addRow(token: Int32, position: Int, table: Int) -> Int {
        tokens.append(token)
        positions.append(Int32(position))
        tableOfRow.append(Int32(table))
        highestPosition = max(highestPosition, Int32(position))
        return tokens.count - 1
    }

    /// Writes the key and value of `row` into `block` as well.
    package mutating func addCopy(ofRow row: Int, to block: Int32) {
        copies.append((Int32(row), block))
    }

    /// Forgets all rows, keeping the memory.
    package mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        tableOfRow.removeAll(keepingCapacity: true)
        tableOffsets.removeLast(tableOffsets.count - 1)
        tableBlocks.removeAll(keepingCapacity: true)
        copies.removeAll(keepingCapacity: true)
        highestPosition = -1
    }
}

extension RowPlan {
    /// The plan of a learner batch, in a pool of its own: blocks are numbered from 0 in row order. Full blocks of a prompt are
    /// shared by its responses, the partly filled one is copied, exactly as in generation.
    init(_ batch: PackedBatch) {
        self.init()
        var nextBlock: Int32 = 0
        var rootBlocks: [Int: [Int32]] = [:]
        for (index, segment) in batch.segments.enumerated() {
            let prefixLength = segment.prefix.map { batch.segments[$0].length } ?? 0
            let sharedCount = prefixLength / Self.blockPositions
            var blocks = segment.prefix.flatMap { rootBlocks[$0] }.map { Array($0.prefix(sharedCount)) } ?? []
            let blockCount = (prefixLength + segment.length + Self.blockPositions - 1) / Self.blockPositions
            while blocks.count < blockCount {
                blocks.append(nextBlock)
                nextBlock += 1
            }
            if segment.prefix == nil { rootBlocks[index] = blocks }
            if let prefix = segment.prefix, segment.length > 0 {
                let root = batch.segments[prefix]
                for position in sharedCount * Self.blockPositions..<prefixLength {
                    addCopy(ofRow: root.start + position, to: blocks[sharedCount])
                }
            }
            let table = addTable(blocks)
            for offset in 0..<segment.length {
                addRow(token: batch.tokens[segment.start + offset], position: prefixLength + offset, table: table)
            }
        }
        blockCount = Int(nextBlock)
    }
}
