import CKernels
import Tensor

/// The block tables of a plan as the pointers that the attention kernel reads. Role: turns block numbers into addresses, layer
/// by layer. Owner: one `RowForward`. Invariant: valid for the plan and pool of the last `prepare`, and the layer of the last
/// `point`.
final class AttentionTables {
    private let keyPointers = ScratchBuffer<UnsafePointer<Float>?>()
    private let valuePointers = ScratchBuffer<UnsafePointer<Float>?>()
    private let entries = ScratchBuffer<apus_attention_row>()
    private var preparedLayer: Int?

    /// One entry per row of the plan.
    var rows: UnsafePointer<apus_attention_row> { UnsafePointer(entries.pointer) }

    func prepare(_ plan: RowPlan) {
        let keys = keyPointers.reserve(plan.tableBlocks.count)
        let values = valuePointers.reserve(plan.tableBlocks.count)
        let rows = entries.reserve(plan.rowCount)
        for row in 0..<plan.rowCount {
            let start = Int(plan.tableOffsets[Int(plan.tableOfRow[row])])
            rows[row] = apus_attention_row(
                key_blocks: UnsafePointer(keys + start), value_blocks: UnsafePointer(values + start),
                key_count: Int(plan.positions[row]) + 1)
        }
        preparedLayer = nil
    }

    /// Points the tables at `layer` of `pool`.
    func point(_ plan: RowPlan, at layer: Int, of pool: KeyValuePool) {
        guard preparedLayer != layer else { return }
        preparedLayer = layer
        let (keys, values) = (keyPointers.pointer, valuePointers.pointer)
        plan.tableBlocks.withUnsafeBufferPointer { blocks in
            for (index, block) in blocks.enumerated() {
                keys[index] = UnsafePointer(pool.keys(layer: layer, block: block))
                values[index] = UnsafePointer(pool.values(layer: layer, block: block))
            }
        }
    }
}
