/// The predictions of a batch regrouped by row, as the head computes them. Role: lets several predictions share one row of
/// logits. Invariant: the predictions of rows[i] are order[offsets[i] ..< offsets[i + 1]], in their own order.
struct RowPredictions {
    /// Rows with at least one prediction, ascending.
    private(set) var rows: [Int32] = []
    private(set) var offsets: [Int32] = [0]
    /// Indices into the batch's predictions.
    private(set) var order: [Int] = []
    /// Target token of order[i].
    private(set) var targets: [Int32] = []

    init(_ batch: PackedBatch) {
        order = batch.predictions.indices.sorted {
            (batch.predictions[$0].row, $0) < (batch.predictions[$1].row, $1)
        }
        targets = order.map { batch.predictions[$0].target }
        for (index, prediction) in order.enumerated() {
            let row = batch.predictions[prediction].row
            if rows.last == row {
                offsets[offsets.count - 1] = Int32(index + 1)
            } else {
                rows.append(row)
                offsets.append(Int32(index + 1))
            }
        }
    }

    /// [rows] Sums over each row's predictions of `values`, which are in the batch's order.
    func sumByRow(_ values: [Float]) -> [Float] {
        rows.indices.map { row in
            order[Int(offsets[row])..<Int(offsets[row + 1])].reduce(0) { $0 + values[$1] }
        }
    }

    /// Ranges of `rows` of at most `size` each.
    func chunks(of size: Int) -> [Range<Int>] {
        stride(from: 0, to: rows.count, by: size).map { $0..<min($0 + size, rows.count) }
    }
}
