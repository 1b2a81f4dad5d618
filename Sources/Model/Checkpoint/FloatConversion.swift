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

    /// IEEE half → fp32, exact. `source` need not be aligned.
    package static func loadHalf(_ source: UnsafeRawBufferPointer, to destination: UnsafeMutableBufferPointer<Float>) {
        precondition(source.count == destination.count * 2, "sizes differ")
        for index in destination.indices {
            let pattern = UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
            destination[index] = single(half: pattern)
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
