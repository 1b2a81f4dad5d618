import CKernels

/// Keys and values of some sequences in blocks of sixteen positions, as the generation engine lays them out. Lanes never
/// written hold NaN, so that a kernel which reads them shows.
final class PagedKeysAndValues {
    let keyValueHeads, headDimension: Int
    private var memory: [UnsafeMutablePointer<Float>] = []
    private var tables: [UnsafeMutablePointer<UnsafePointer<Float>?>] = []

    /// One sequence's block tables.
    struct Sequence {
        var keys: [UnsafeMutablePointer<Float>] = []
        var values: [UnsafeMutablePointer<Float>] = []
        var length = 0
    }

    init(keyValueHeads: Int, headDimension: Int) {
        self.keyValueHeads = keyValueHeads
        self.headDimension = headDimension
    }

    deinit {
        for block in memory { block.deallocate() }
        for table in tables { table.deallocate() }
    }

    private func block() -> UnsafeMutablePointer<Float> {
        let count = keyValueHeads * headDimension * Int(APUS_BLOCK)
        let block = UnsafeMutablePointer<Float>.allocate(capacity: count)
        block.initialize(repeating: .nan, count: count)
        memory.append(block)
        return block
    }

    func append(key: ArraySlice<Float>, value: ArraySlice<Float>, to sequence: inout Sequence) {
        let lane = sequence.length % Int(APUS_BLOCK)
        if lane == 0 {
            sequence.keys.append(block())
            sequence.values.append(block())
        }
        apus_store_key_value(
            keyValueHeads, headDimension, Array(key), Array(value), lane, sequence.keys[sequence.keys.count - 1],
            sequence.values[sequence.values.count - 1])
        sequence.length += 1
    }

    /// A sequence that shares the full blocks of `parent` and copies its last, partial one.
    func fork(_ parent: Sequence) -> Sequence {
        var child = parent
        if parent.length % Int(APUS_BLOCK) != 0 {
            let last = parent.keys.count - 1
            let count = keyValueHeads * headDimension * Int(APUS_BLOCK)
            child.keys[last] = block()
            child.keys[last].update(from: parent.keys[last], count: count)
            child.values[last] = block()
            child.values[last].update(from: parent.values[last], count: count)
        }
        return child
    }

    /// The table entry of a query that sees the first `keyCount` positions.
    func row(_ sequence: Sequence, keyCount: Int) -> apus_attention_row {
        func table(_ blocks: [UnsafeMutablePointer<Float>]) -> UnsafeMutablePointer<UnsafePointer<Float>?> {
            let table = UnsafeMutablePointer<UnsafePointer<Float>?>.allocate(capacity: max(blocks.count, 1))
            table.initialize(repeating: nil, count: max(blocks.count, 1))
            for (index, block) in blocks.enumerated() { table[index] = UnsafePointer(block) }
            tables.append(table)
            return table
        }
        return apus_attention_row(
            key_blocks: table(sequence.keys), value_blocks: table(sequence.values), key_count: keyCount)
    }
}
