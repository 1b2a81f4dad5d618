import CKernels

/// Storage type of weights.
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
/// Every output element is summed over the inputs in one fixed order (`ProductArithmetic`): a row's bits depend on that row alone,
/// never on how rows and columns are divided into tasks.
package final class PackedMatrix: @unchecked Sendable {
    /// Columns of y.
    package let outputs: Int
    /// Columns of x.
    package let inputs: Int
    /// Format of the weights that it was made of.
    package let type: WeightType
    /// What products are computed in.
    package let arithmetic: ProductArithmetic
    let memory: AlignedMemory

    /// Packs W[outputs][inputs] (row-major, contiguous).
    package init(
        weights: UnsafeRawPointer, type: WeightType, outputs: Int, inputs: Int, arithmetic: ProductArithmetic = .fp32
    ) {
        (self.outputs, self.inputs, self.type, self.arithmetic) = (outputs, inputs, type, arithmetic)
        let kernelType = type.kernelType
        switch arithmetic {
        case .fp32:
            memory = AlignedMemory(byteCount: apus_packed_bytes(outputs, inputs, kernelType))
            apus_pack(weights, kernelType, outputs, inputs, memory.baseAddress)
        case .bf16:
            memory = AlignedMemory(byteCount: apus_packed_bf16_bytes(outputs, inputs))
            apus_pack_bf16(weights, kernelType, outputs, inputs, memory.baseAddress)
        case .int8:
            let memory = AlignedMemory(byteCount: apus_packed_int8_bytes(outputs, inputs))
            withUnsafeTemporaryAllocation(of: Float.self, capacity: inputs) { row in
                withUnsafeTemporaryAllocation(of: Int16.self, capacity: apus_quantised_stride(inputs)) { quantised in
                    apus_pack_int8(
                        weights, kernelType, outputs, inputs, memory.baseAddress, row.baseAddress, quantised.baseAddress
                    )
                }
            }
            self.memory = memory
        }
    }

    /// Packs the transpose of W[rows][columns]: a matrix with `columns` outputs and `rows` inputs.
    ///
    /// - Precondition: not in eight bits, which no backward is computed in.
    package init(
        transposing weights: UnsafeRawPointer, type: WeightType, rows: Int, columns: Int,
        arithmetic: ProductArithmetic = .fp32
    ) {
        precondition(arithmetic != .int8, "there is no backward in eight bits")
        (outputs, inputs, self.type, self.arithmetic) = (columns, rows, type, arithmetic)
        if arithmetic == .bf16 {
            memory = AlignedMemory(byteCount: apus_packed_bf16_bytes(columns, rows))
            apus_pack_bf16_transposed(weights, type.kernelType, rows, columns, memory.baseAddress)
        } else {
            memory = AlignedMemory(byteCount: apus_packed_bytes(columns, rows, type.kernelType))
            apus_pack_transposed(weights, type.kernelType, rows, columns, memory.baseAddress)
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
        let columns = columns ?? 0..<outputs
        withLeftRows(rows: rows, .exact(x, stride: xStride), team: nil) { left in
            multiply(
                left, rows: 0..<rows, columns: columns, into: y + columns.lowerBound, stride: yStride,
                accumulate: accumulate)
        }
    }

    /// The same on all threads of `team`.
    package func multiply(
        rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, into y: UnsafeMutablePointer<Float>,
        stride yStride: Int, accumulate: Bool = false, team: ThreadTeam
    ) {
        multiply(
            rows: rows, .exact(x, stride: xStride), into: y, stride: yStride, accumulate: accumulate, team: team)
    }

    /// The same from rows that may have been rounded already.
    package func multiply(
        rows: Int, _ x: LeftRows, into y: UnsafeMutablePointer<Float>, stride yStride: Int, accumulate: Bool = false,
        team: ThreadTeam
    ) {
        let grid = ProductGrid(rows: rows, columns: outputs, threads: team.threads, arithmetic)
        withLeftRows(rows: rows, x, team: team) { left in
            team.run(tasks: grid.tasks) { task in
                let (rows, columns) = grid[task]
                multiply(
                    left, rows: rows, columns: columns,
                    into: y + rows.lowerBound * yStride + columns.lowerBound, stride: yStride, accumulate: accumulate)
            }
        }
    }
}
