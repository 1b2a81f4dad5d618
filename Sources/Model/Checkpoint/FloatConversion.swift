import CKernels

/// Conversions between fp32 and the storage formats of weights, all little endian as the platforms are.
package enum FloatConversion {
    /// fp32 → `precision`, rounding to nearest even.
    package static func store(
        _ source: UnsafeBufferPointer<Float>, as precision: ParameterPrecision,
        to destination: UnsafeMutableRawBufferPointer
    ) {
        precondition(destination.count == source.count * precision.size, "sizes differ")
        guard let from = source.baseAddress, let to = destination.baseAddress else { return }
        switch precision {
        case .bf16: apus_f32_to_bf16(source.count, from, to.assumingMemoryBound(to: UInt16.self))
        case .fp32: to.copyMemory(from: from, byteCount: destination.count)
        }
    }

    /// `precision` → fp32, exact.
    package static func load(
        _ source: UnsafeRawBufferPointer, as precision: ParameterPrecision,
        to destination: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(source.count == destination.count * precision.size, "sizes differ")
        guard let from = source.baseAddress, let to = destination.baseAddress else { return }
        switch precision {
        case .bf16: apus_bf16_to_f32(destination.count, from.assumingMemoryBound(to: UInt16.self), to)
        case .fp32: UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: source.count)
        }
    }

    /// Elements of a checkpoint, at any alignment, to a policy's precision; the two sizes agree in elements.
    static func convert(
        _ source: UnsafeRawBufferPointer, from format: SafetensorsFormat, to precision: ParameterPrecision,
        _ destination: UnsafeMutableRawBufferPointer
    ) {
        precondition(source.count / format.size == destination.count / precision.size, "sizes differ")
        if format == SafetensorsFormat(precision) {
            destination.copyMemory(from: source)
            return
        }
        // Through fp32, a piece at a time.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 4096) { scratch in
            let count = source.count / format.size
            for start in stride(from: 0, to: count, by: scratch.count) {
                let end = min(start + scratch.count, count)
                let piece = UnsafeMutableBufferPointer(rebasing: scratch[..<(end - start)])
                widen(
                    UnsafeRawBufferPointer(rebasing: source[start * format.size..<end * format.size]), format, to: piece
                )
                let target = destination[start * precision.size..<end * precision.size]
                store(UnsafeBufferPointer(piece), as: precision, to: UnsafeMutableRawBufferPointer(rebasing: target))
            }
        }
    }

    /// Weights of any format to fp32, exactly.
    private static func widen(
        _ source: UnsafeRawBufferPointer, _ format: SafetensorsFormat, to destination: UnsafeMutableBufferPointer<Float>
    ) {
        switch format {
        case .float32: UnsafeMutableRawBufferPointer(destination).copyMemory(from: source)
        case .bfloat16:
            for index in destination.indices {
                let pattern = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
                destination[index] = Float(bitPattern: UInt32(pattern) << 16)
            }
        case .float16:
            for index in destination.indices {
                destination[index] = single(half: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
            }
        default: preconditionFailure("\(format) is no weight format")
        }
    }

    /// The value of an IEEE half. By hand because Swift has no `Float16` on x86-64 Linux.
    package static func single(half pattern: UInt16) -> Float {
        let sign = UInt32(pattern & 0x8000) << 16
        let exponent = UInt32(pattern >> 10) & 31
        let mantissa = UInt32(pattern & 0x3FF)
        switch exponent {
        case 0:
            let magnitude = Float(mantissa) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        case 31: return Float(bitPattern: sign | 0x7F80_0000 | mantissa << 13)
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | mantissa << 13)
        }
    }
}
