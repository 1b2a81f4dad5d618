import CKernels

/// Storage type of weights; arithmetic is fp32 for both.
package enum WeightType: Sendable {
    case float32
    case bfloat16

    /// Bytes of one element.
    package var size: Int { self == .float32 ? 4 : 2 }

    var kernelType: apus_dtype { self == .float32 ? APUS_F32 : APUS_BF16 }
}

/// An immutable weight matrix, packed once for y = x·Wᵀ. Role: the one matrix product of every forward, in rollout and learner
/// (promise 5), and of dx = dy·W in the backward. Owner: a loaded policy; shared freely between threads.
///
/// Every output element is one chain of fused multiply-adds over the inputs in order, starting at +0: a row's bits depend on
/// that row alone, never on how rows and columns are divided into tasks. The same is true of a quantised matrix
/// (`init(quantising:)`), whose products are those of rows and weights rounded to eight bits.
package final class PackedMatrix: @unchecked Sendable {
    /// Columns of y.
    package let outputs: Int
    /// Columns of x.
    package let inputs: Int
    /// Format of the weights that it was made of.
    package let type: WeightType
    /// Whether products are computed in eight bits.
    package let isQuantised: Bool
    let memory: AlignedMemory

    /// Packs W[outputs][inputs] (row-major, contiguous).
    package init(weights: UnsafeRawPointer, type: WeightType, outputs: Int, inputs: Int) {
        (self.outputs, self.inputs, self.type, isQuantised) = (outputs, inputs, type, false)
        memory = AlignedMemory(byteCount: apus_packed_bytes(outputs, inputs, type.kernelType))
        apus_pack(weights, type.kernelType, outputs, inputs, memory.baseAddress)
    }

    /// Packs the transpose of W[rows][columns]: a matrix with `columns` outputs and `rows` inputs.
    package init(transposing weights: UnsafeRawPointer, type: WeightType, rows: Int, columns: Int) {
        (outputs, inputs, self.type, isQuantised) = (columns, rows, type, false)
        memory = AlignedMemory(byteCount: apus_packed_bytes(columns, rows, type.kernelType))
        apus_pack_transposed(weights, type.kernelType, rows, columns, memory.baseAddress)
    }

    /// Rounds W[outputs][inputs] to eight bits, with a scale for each output, and packs it.
    package init(quantising weights: UnsafeRawPointer, type: WeightType, outputs: Int, inputs: Int) {
        (self.outputs, self.inputs, self.type, isQuantised) = (outputs, inputs, type, true)
        memory = AlignedMemory(byteCount: apus_packed_int8_bytes(outputs, inputs))
        withUnsafeTemporaryAllocation(of: Float.self, capacity: inputs) { row in
            withUnsafeTemporaryAllocation(of: Int16.self, capacity: apus_quantised_stride(inputs)) { quantised in
                apus_pack_int8(
                    weights, type.kernelType, outputs, inputs, memory.baseAddress, row.baseAddress,
                    quantised.baseAddress)
            }
        }
    }

    /// Bytes held.
    package var byteCount: Int { memory.byteCount }

    /// y[rows][outputs] = (or, if `accumulate`, +=) x[rows][inputs] · Wᵀ on the calling thread, for `columns` of y only
    /// (default: all; bounds are multiples of the panel width or the end). Strides are in elements.
    package func multiply(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, into y: UnsafeMutablePointer<Float>,
        stride yStride: Int, accumulate: Bool = false, columns: Range<Int>? = nil
    ) {
        if isQuantised {
            return withQuantised(rows: rows, x, stride: xStride) { quantised in
                multiply(quantised, rows: 0..<rows, columns: columns ?? 0..<outputs, y, yStride, accumulate)
            }
        }
        apus_gemm_packed(
            rows, outputs, inputs, x, xStride, memory.baseAddress, type.kernelType, y, yStride, accumulate,
            columns?.lowerBound ?? 0, columns?.upperBound ?? outputs)
    }

    /// The same on all threads of `team`.
    package func multiply(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, into y: UnsafeMutablePointer<Float>,
        stride yStride: Int, accumulate: Bool = false, team: ThreadTeam
    ) {
        let grid = TaskGrid(rows: rows, columns: outputs, threads: team.threads)
        if isQuantised {
            return withQuantised(rows: rows, x, stride: xStride, team: team) { quantised in
                team.run(tasks: grid.tasks) { task in
                    let (rowRange, columnRange) = grid[task]
                    multiply(quantised, rows: rowRange, columns: columnRange, y, yStride, accumulate)
                }
            }
        }
        team.run(tasks: grid.tasks) { task in
            let (rowRange, columnRange) = grid[task]
            multiply(
                rows: rowRange.count, x + rowRange.lowerBound * xStride, stride: xStride,
                into: y + rowRange.lowerBound * yStride, stride: yStride, accumulate: accumulate, columns: columnRange)
        }
    }
}

/// Divides a [rows][columns] product into tasks: by rows as long as there are enough of them, else also by columns.
/// The division may follow the thread count because no output element depends on it.
private struct TaskGrid {
    private static let rowsPerTask = 64
    private static let tasksPerThread = 3
    private static let panelWidth = Int(apus_panel_width())

    private let rows: Int
    private let columns: Int
    private let rowParts: Int
    private let columnParts: Int
    private let columnsPerTask: Int

    init(rows: Int, columns: Int, threads: Int) {
        self.rows = rows
        self.columns = columns
        rowParts = (rows + Self.rowsPerTask - 1) / Self.rowsPerTask
        let panels = (columns + Self.panelWidth - 1) / Self.panelWidth
        let wanted = threads == 1 ? 1 : max(1, (Self.tasksPerThread * threads + rowParts - 1) / max(rowParts, 1))
        let panelsPerTask = (panels + wanted - 1) / wanted
        columnsPerTask = panelsPerTask * Self.panelWidth
        columnParts = (columns + columnsPerTask - 1) / max(columnsPerTask, 1)
    }

    var tasks: Int { rowParts * columnParts }

    subscript(task: Int) -> (rows: Range<Int>, columns: Range<Int>) {
        let (rowPart, columnPart) = task.quotientAndRemainder(dividingBy: columnParts)
        let firstRow = rowPart * Self.rowsPerTask
        let firstColumn = columnPart * columnsPerTask
        return (
            firstRow..<min(rows, firstRow + Self.rowsPerTask), firstColumn..<min(columns, firstColumn + columnsPerTask)
        )
    }
}
