import CKernels

/// Some rows and columns of a product, as large as the second-level cache likes. Valid in the call that it is given to.
package struct ProductBlock {
    package let rows: Range<Int>
    /// Of each of the matrices that were stacked.
    package let columns: Range<Int>
    /// [rows][stride], which begins with `columns` of the first matrix, then those of the second.
    package let values: UnsafeMutablePointer<Float>
    package let stride: Int
}

extension PackedMatrix {
    /// Columns of a block that is free to choose them.
    private static let blockColumns = 256
    /// Keeps rows that follow each other from the same cache set.
    private static let padding = 16

    /// x·Wᵀ without ever holding the whole: on `team`, `body` is called with each block as soon as there is one.
    ///
    /// - Parameters:
    ///   - stacked: of how many matrices of equal height, one below the other, this one consists.
    ///   - columnsPerBlock: a multiple of the panel width (the last block may have fewer); nil: as many as suit.
    package func multiplyInBlocks(
        rows: Int, _ x: LeftRows, stacked: Int = 1, columnsPerBlock: Int? = nil, team: ThreadTeam,
        _ body: (ProductBlock) -> Void
    ) {
        let columns = outputs / stacked
        // A part must begin at a panel: where the second matrix does not, all of both is one block.
        let isWhole = stacked > 1 && columns % Int(apus_panel_width()) != 0
        let grid: ProductGrid
        if let columnsPerBlock = isWhole ? columns : columnsPerBlock {
            grid = ProductGrid(
                rows: rows, columns: columns, columnsPerTask: columnsPerBlock, threads: team.threads, arithmetic)
        } else {
            grid = ProductGrid(
                rows: rows, columns: columns, columnsAtMost: Self.blockColumns, threads: team.threads, arithmetic)
        }
        withLeftRows(rows: rows, x, team: team) { left in
            team.run(tasks: grid.tasks) { task in
                let (rows, columns) = grid[task]
                let parts = (0..<stacked).map { part in
                    let first = part * (outputs / stacked) + columns.lowerBound
                    return first..<first + columns.count
                }
                multiply(left, rows: rows, columns: columns, parts: isWhole ? [0..<outputs] : parts, body)
            }
        }
    }

    /// One block: `rows` by the columns `parts` side by side.
    private func multiply(
        _ left: LeftRows, rows: Range<Int>, columns: Range<Int>, parts: [Range<Int>], _ body: (ProductBlock) -> Void
    ) {
        let stride = parts.reduce(Self.padding) { $0 + $1.count }
        ScratchPool.with(count: rows.count * stride, of: Float.self) { values in
            var part = values
            for columns in parts {
                multiply(left, rows: rows, columns: columns, into: part, stride: stride, accumulate: false)
                part += columns.count
            }
            body(ProductBlock(rows: rows, columns: columns, values: values, stride: stride))
        }
    }
}
