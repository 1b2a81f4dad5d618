import CKernels

/// Rows of activations as eight-bit integers and their scales.
struct QuantisedRows {
    /// [rows][stride]
    let elements: UnsafeMutablePointer<Int16>
    let stride: Int
    /// [rows][blocks]
    let scales: UnsafeMutablePointer<Float>
    let blocks: Int
}

extension PackedMatrix {
    /// Rows per task of rounding.
    private static let rowGrain = 16

    /// Rounds x[rows][inputs] once for all columns, on `team` if there is one, and calls `body` with the result.
    func withQuantised(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, team: ThreadTeam? = nil,
        _ body: (QuantisedRows) -> Void
    ) {
        let (stride, blocks) = (apus_quantised_stride(inputs), apus_quantised_scales(inputs))
        let inputs = self.inputs
        ScratchPool.with(byteCount: rows * stride * MemoryLayout<Int16>.stride) { elements in
            ScratchPool.with(byteCount: rows * blocks * MemoryLayout<Float>.stride) { scales in
                let elements = elements.bindMemory(to: Int16.self, capacity: rows * stride)
                let scales = scales.bindMemory(to: Float.self, capacity: rows * blocks)
                let quantise = { (range: Range<Int>) in
                    apus_quantise_rows(
                        range.count, inputs, x + range.lowerBound * xStride, xStride,
                        elements + range.lowerBound * stride, scales + range.lowerBound * blocks)
                }
                if let team {
                    team.run(count: rows, grain: Self.rowGrain) { range, _ in quantise(range) }
                } else {
                    quantise(0..<rows)
                }
                body(QuantisedRows(elements: elements, stride: stride, scales: scales, blocks: blocks))
            }
        }
    }

    /// The product of some rows and columns; y is the whole result.
    func multiply(
        _ quantised: QuantisedRows, rows: Range<Int>, columns: Range<Int>, _ y: UnsafeMutablePointer<Float>,
        _ yStride: Int, _ accumulate: Bool
    ) {
        apus_gemm_int8(
            rows.count, outputs, inputs, quantised.elements + rows.lowerBound * quantised.stride,
            quantised.scales + rows.lowerBound * quantised.blocks, memory.baseAddress, y + rows.lowerBound * yStride,
            yStride, accumulate,
            columns.lowerBound, columns.upperBound)
    }
}
