extension GGUFFile {
    /// Writes one matrix of a tensor, whose rows are the last dimension, as `precision` to `destination`.
    ///
    /// - Parameters:
    ///   - rows: which rows of the tensor seen as [all other dimensions, last dimension].
    ///   - source: the row of the file that becomes row `i` of the result, counted from `rows.lowerBound`.
    func load(
        _ tensor: Tensor, rows: Range<Int>, as precision: ParameterPrecision,
        to destination: UnsafeMutableRawBufferPointer, from source: (Int) -> Int = { $0 }
    ) {
        let columns = tensor.shape.last ?? 1
        let rowBytes = columns / tensor.type.blockElements * tensor.type.blockBytes
        precondition(destination.count == rows.count * columns * precision.size, "sizes differ")
        withTensor(tensor) { bytes in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { row in
                for index in 0..<rows.count {
                    let start = (rows.lowerBound + source(index)) * rowBytes
                    GGUFDequantization.widen(
                        UnsafeRawBufferPointer(rebasing: bytes[start..<start + rowBytes]), tensor.type, to: row)
                    let target = index * columns * precision.size..<(index + 1) * columns * precision.size
                    FloatConversion.store(
                        UnsafeBufferPointer(row), as: precision,
                        to: UnsafeMutableRawBufferPointer(rebasing: destination[target]))
                }
            }
        }
    }

    /// All elements as fp32.
    package func values(_ tensor: Tensor) -> [Float] {
        [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
            let rows = 0..<tensor.count / (tensor.shape.last ?? 1)
            let target = UnsafeMutableBufferPointer(rebasing: buffer[..<tensor.count])
            load(tensor, rows: rows, as: .fp32, to: UnsafeMutableRawBufferPointer(target))
            count = tensor.count
        }
    }
}
