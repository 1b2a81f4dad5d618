import CKernels

/// Divides a [rows][columns] product into tasks. The division may follow the thread count because no output element depends on
/// it.
struct ProductGrid {
    private static let tasksPerThread = 3
    private static let panelWidth = Int(apus_panel_width())
    /// Rows that the kernels like best to be divided by.
    private static let rowTile = 32

    private let rows: Int
    private let columns: Int
    private let rowsPerTask: Int
    private let columnsPerTask: Int

    /// By rows as long as there are enough of them, else also by columns, of which a task has at most `columnsAtMost` (a multiple
    /// of the panel width).
    init(rows: Int, columns: Int, columnsAtMost: Int = .max, threads: Int, _ arithmetic: ProductArithmetic) {
        (self.rows, self.columns) = (rows, columns)
        rowsPerTask = Self.mostRows(arithmetic)
        let parts = Self.tasks(for: threads).divided(by: rows.divided(by: rowsPerTask))
        let panels = columns.divided(by: Self.panelWidth).divided(by: parts)
        columnsPerTask = min(panels * Self.panelWidth, columnsAtMost)
    }

    /// By `columnsPerTask`, and by rows where that leaves threads without a task.
    init(rows: Int, columns: Int, columnsPerTask: Int, threads: Int, _ arithmetic: ProductArithmetic) {
        (self.rows, self.columns, self.columnsPerTask) = (rows, columns, columnsPerTask)
        let parts = Self.tasks(for: threads).divided(by: columns.divided(by: columnsPerTask))
        let tiles = rows.divided(by: Self.rowTile).divided(by: parts)
        rowsPerTask = min(tiles * Self.rowTile, Self.mostRows(arithmetic))
    }

    /// The matrix unit is so fast that weights must be read seldom.
    private static func mostRows(_ arithmetic: ProductArithmetic) -> Int { arithmetic == .bf16 ? 256 : 64 }

    private static func tasks(for threads: Int) -> Int { threads == 1 ? 1 : tasksPerThread * threads }

    private var rowParts: Int { rows.divided(by: rowsPerTask) }

    var tasks: Int { rowParts * columns.divided(by: columnsPerTask) }

    /// Adjacent tasks have the same columns, whose weights are then in a cache.
    subscript(task: Int) -> (rows: Range<Int>, columns: Range<Int>) {
        let (columnPart, rowPart) = task.quotientAndRemainder(dividingBy: rowParts)
        let (row, column) = (rowPart * rowsPerTask, columnPart * columnsPerTask)
        return (row..<min(rows, row + rowsPerTask), column..<min(columns, column + columnsPerTask))
    }
}

extension Int {
    /// How many pieces of `size` hold it, at least one if it is not zero; a size of 0 counts as 1.
    fileprivate func divided(by size: Int) -> Int { (self + Swift.max(size, 1) - 1) / Swift.max(size, 1) }
}
