import CKernels

/// The left factor of a product as its arithmetic takes it.
enum LeftRows {
    /// x itself, [rows][stride].
    case exact(UnsafePointer<Float>, stride: Int)
    /// In bf16, [rows][stride].
    case rounded(UnsafePointer<UInt16>, stride: Int)
    /// Eight-bit integers [rows][stride] and their scales [rows][blocks].
    case quantised(UnsafePointer<Int16>, stride: Int, scales: UnsafePointer<Float>, blocks: Int)
}

extension PackedMatrix {
    /// Rows per task of rounding.
    private static let rowGrain = 16

    /// Rounds x[rows][inputs] once for all columns, on `team` if there is one, and calls `body` with the result.
    func withLeftRows(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, team: ThreadTeam?, _ body: (LeftRows) -> Void
    ) {
        func forRows(_ round: (Range<Int>) -> Void) {
            guard let team else { return round(0..<rows) }
            team.run(count: rows, grain: Self.rowGrain) { range, _ in round(range) }
        }
        switch arithmetic {
        case .fp32: body(.exact(x, stride: xStride))
        case .bf16:
            let stride = apus_bf16_stride(inputs)
            ScratchPool.with(count: rows * stride, of: UInt16.self) { elements in
                forRows { range in
                    apus_round_rows(
                        range.count, inputs, x + range.lowerBound * xStride, xStride,
                        elements + range.lowerBound * stride)
                }
                body(.rounded(elements, stride: stride))
            }
        case .int8:
            let (stride, blocks) = (apus_quantised_stride(inputs), apus_quantised_scales(inputs))
            ScratchPool.with(count: rows * stride, of: Int16.self) { elements in
                ScratchPool.with(count: rows * blocks, of: Float.self) { scales in
                    forRows { range in
                        apus_quantise_rows(
                            range.count, inputs, x + range.lowerBound * xStride, xStride,
                            elements + range.lowerBound * stride, scales + range.lowerBound * blocks)
                    }
                    body(.quantised(elements, stride: stride, scales: scales, blocks: blocks))
                }
            }
        }
    }

    /// The product of some rows and columns; y is the whole result.
    func multiply(
        _ left: LeftRows, rows: Range<Int>, columns: Range<Int>, into y: UnsafeMutablePointer<Float>,
        stride yStride: Int,
        accumulate: Bool
    ) {
        let (first, y) = (rows.lowerBound, y + rows.lowerBound * yStride)
        switch left {
        case .exact(let x, let stride):
            apus_gemm_packed(
                rows.count, outputs, inputs, x + first * stride, stride, memory.baseAddress, type.kernelType, y,
                yStride,
                accumulate, columns.lowerBound, columns.upperBound)
        case .rounded(let elements, let stride):
            apus_gemm_bf16(
                rows.count, outputs, inputs, elements + first * stride, memory.baseAddress, y, yStride, accumulate,
                columns.lowerBound, columns.upperBound)
        case .quantised(let elements, let stride, let scales, let blocks):
            apus_gemm_int8(
                rows.count, outputs, inputs, elements + first * stride, scales + first * blocks, memory.baseAddress, y,
                yStride, accumulate, columns.lowerBound, columns.upperBound)
        }
    }
}
