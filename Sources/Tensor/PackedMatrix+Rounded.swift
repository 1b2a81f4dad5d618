import CKernels

/// Rows of activations in bf16.
struct RoundedRows {
    /// [rows][stride]
    let elements: UnsafeMutablePointer<UInt16>
    let stride: Int
}

extension PackedMatrix {
    /// Rows per task of rounding.
    private static let rowGrain = 16

    /// Rounds x[rows][inputs] once for all columns, on `team` if there is one, and calls `body` with the result.
    func withRounded(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, team: ThreadTeam? = nil,
        _ body: (RoundedRows) -> Void
    ) {
        let (stride, inputs) = (apus_bf16_stride(inputs), inputs)
        ScratchPool.with(byteCount: rows * stride * MemoryLayout<UInt16>.stride) { memory in
            let elements = memory.bindMemory(to: UInt16.self, capacity: rows * stride)
            let round = { (range: Range<Int>) in
                apus_round_rows(
                    range.count, inputs, x + range.lowerBound * xStride, xStride, elements + range.lowerBound * stride)
            }
            if let team {
                team.run(count: rows, grain: Self.rowGrain) { range, _ in round(range) }
            } else {
                round(0..<rows)
            }
            body(RoundedRows(elements: elements, stride: stride))
        }
    }

    /// The product of some rows and columns; y is the whole result.
    func multiply(
        _ rounded: RoundedRows, rows: Range<Int>, columns: Range<Int>, _ y: UnsafeMutablePointer<Float>, _ yStride: Int,
        _ accumulate: Bool
    ) {
        apus_gemm_bf16(
            rows.count, outputs, inputs, rounded.elements + rows.lowerBound * rounded.stride, memory.baseAddress,
            y + rows.lowerBound * yStride, yStride, accumulate, columns.lowerBound, columns.upperBound)
    }
}
