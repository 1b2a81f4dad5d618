import Tensor

/// The rows of a sparse layer regrouped by expert. Role: turns a token-wise choice of experts into dense matrix products.
/// Owner: the activations of a layer.
///
/// A slot is one (row, chosen expert) pair. Slots are ordered by expert and within an expert by row, so the order of every sum
/// over rows is fixed. Invariant: slotOfChoice[row · topK + j] is where choice j of the row went.
final class ExpertDispatch {
    /// Adjacent slots of one expert: the unit of parallel work. Their division never changes a result.
    struct Task {
        let expert: Int
        let slots: Range<Int>
    }

    /// Slots of expert e: offsets[e] ..< offsets[e + 1].
    private(set) var offsets: [Int] = []
    private(set) var tasks: [Task] = []
    private let rows = ScratchBuffer<Int32>()
    private let slots = ScratchBuffer<Int32>()
    private let choices = ScratchBuffer<Int32>()

    /// The row of each slot.
    var rowOfSlot: UnsafePointer<Int32> { UnsafePointer(rows.pointer) }
    var slotOfChoice: UnsafePointer<Int32> { UnsafePointer(slots.pointer) }

    private static let slotsPerTask = 64

    /// Groups `ids` [rows][topK] by counting.
    func build(ids: UnsafePointer<Int16>, rowCount: Int, topK: Int, experts: Int) {
        let choices = rowCount * topK
        let (rowOfSlot, slotOfChoice) = (rows.reserve(choices), slots.reserve(choices))
        var next = [Int](repeating: 0, count: experts + 1)
        for choice in 0..<choices { next[Int(ids[choice]) + 1] += 1 }
        for expert in 0..<experts { next[expert + 1] += next[expert] }
        offsets = next
        for row in 0..<rowCount {
            for choice in row * topK..<(row + 1) * topK {
                let expert = Int(ids[choice])
                let slot = next[expert]
                next[expert] += 1
                rowOfSlot[slot] = Int32(row)
                slotOfChoice[choice] = Int32(slot)
            }
        }
        divide()
    }

    /// The inverse of `slotOfChoice`.
    func choiceOfSlot(rowCount: Int, topK: Int) -> UnsafePointer<Int32> {
        let inverse = choices.reserve(rowCount * topK)
        for choice in 0..<rowCount * topK { inverse[Int(slotOfChoice[choice])] = Int32(choice) }
        return UnsafePointer(inverse)
    }

    private func divide() {
        tasks.removeAll(keepingCapacity: true)
        for expert in 0..<offsets.count - 1 {
            for first in stride(from: offsets[expert], to: offsets[expert + 1], by: Self.slotsPerTask) {
                tasks.append(Task(expert: expert, slots: first..<min(first + Self.slotsPerTask, offsets[expert + 1])))
            }
        }
    }
}
