import CKernels

/// The left factor of a product as an arithmetic takes it. Valid as long as the memory it points at.
package enum LeftRows {
    /// x itself, [rows][stride]: what every product takes, and rounds if its arithmetic is to.
    case exact(UnsafePointer<Float>, stride: Int)
    /// In bf16, [rows][stride].
    case rounded(UnsafePointer<UInt16>, stride: Int)
    /// Eight-bit integers [rows][stride] and their scales [rows][blocks].
    case quantised(UnsafePointer<Int16>, stride: Int, scales: UnsafePointer<Float>, blocks: Int)

    /// Elements from one row of `inputs` elements to the next when it is rounded to bf16; those past its end are zeros.
    package static func roundedStride(_ inputs: Int) -> Int { apus_bf16_stride(inputs) }
}

extension PackedMatrix {
    /// Rows per task of rounding.
    private static let rowGrain = 16

    /// Rounds x[rows][inputs] once for all columns, unless it is as this matrix's arithmetic takes it, on `team` if there is one,
    /// and calls `body` with the result.
    func withLeftRows(rows: Int, _ x: LeftRows, team: ThreadTeam?, _ body: (LeftRows) -> Void) {
        switch (x, arithmetic) {
        case (.exact, .fp32), (.rounded, .bf16), (.quantised, .int8): body(x)
        case (.exact(let x, let stride), .bf16): withRoundedRows(rows: rows, x, stride: stride, team: team, body)
        case (.exact(let x, let stride), .int8): withQuantisedRows(rows: rows, x, stride: stride, team: team, body)
        default: preconditionFailure("rows were rounded for another arithmetic than \(arithmetic)")
        }
    }

    private func withRoundedRows(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, team: ThreadTeam?, _ body: (LeftRows) -> Void
    ) {
        let stride = apus_bf16_stride(inputs)
        ScratchPool.with(count: rows * stride, of: UInt16.self) { elements in
            Self.forRows(rows, team) { range in
                apus_round_rows(
                    range.count, inputs, x + range.lowerBound * xStride, xStride, elements + range.lowerBound * stride)
            }
            body(.rounded(elements, stride: stride))
        }
    }

    private func withQuantisedRows(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, team: ThreadTeam?, _ body: (LeftRows) -> Void
    ) {
        let (stride, blocks) = (apus_quantised_stride(inputs), apus_quantised_scales(inputs))
        ScratchPool.with(count: rows * stride, of: Int16.self) { elements in
            ScratchPool.with(count: rows * blocks, of: Float.self) { scales in
                Self.forRows(rows, team) { range in
                    apus_quantise_rows(
                        range.count, inputs, x + range.lowerBound * xStride, xStride,
                        elements + range.lowerBound * stride, scales + range.lowerBound * blocks)
                }
                body(.quantised(elements, stride: stride, scales: scales, blocks: blocks))
            }
        }
    }

    private static func forRows(_ rows: Int, _ team: ThreadTeam?, _ body: (Range<Int>) -> Void) {
        guard let team else { return body(0..<rows) }
        team.run(count: rows, grain: rowGrain) { range, _ in body(range) }
    }

    /// y[rows.count][columns.count] (+)= the product of these rows and columns, in this matrix's arithmetic.
    func multiply(
        _ left: LeftRows, rows: Range<Int>, columns: Range<Int>, into y: UnsafeMutablePointer<Float>,
        stride yStride: Int,
        accumulate: Bool
    ) {
        let (count, first) = (rows.count, rows.lowerBound)
        switch left {
        case .exact(let x, let stride):
            apus_gemm_packed(
                count, outputs, inputs, x + first * stride, stride, memory.baseAddress, type.kernelType, y, yStride,
                accumulate, columns.lowerBound, columns.upperBound)
        case .rounded(let elements, let stride):
            apus_gemm_bf16(
                count, outputs, inputs, elements + first * stride, memory.baseAddress, y, yStride, accumulate,
                columns.lowerBound, columns.upperBound)
        case .quantised(let elements, let stride, let scales, let blocks):
            apus_gemm_int8(
                count, outputs, inputs, elements + first * stride, scales + first * blocks, memory.baseAddress, y,
                yStride, accumulate, columns.lowerBound, columns.upperBound)
        }
    }
}
