/// Blocks of a GGUF tensor to fp32.
///
/// Each formula, with its order of roundings, is that of the reference (`gguf.quants` of the PyPI package gguf): scales are
/// multiplied first, then the quantum, then the offset is added or subtracted; all in fp32. `d` and `m` are halves.
package enum GGUFDequantization {
    /// The values of whole blocks.
    package static func values(_ blocks: UnsafeRawBufferPointer, _ type: GGUFTensorType) -> [Float] {
        let count = blocks.count / type.blockBytes * type.blockElements
        return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            widen(blocks, type, to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            initialized = count
        }
    }

    /// - Parameters:
    ///   - source: whole blocks, at any alignment.
    ///   - destination: as many elements.
    static func widen(
        _ source: UnsafeRawBufferPointer, _ type: GGUFTensorType, to destination: UnsafeMutableBufferPointer<Float>
    ) {
        let blocks = source.count / type.blockBytes
        precondition(
            blocks * type.blockBytes == source.count && blocks * type.blockElements == destination.count, "sizes differ"
        )
        for index in 0..<blocks {
            let block = Block(
                UnsafeRawBufferPointer(rebasing: source[index * type.blockBytes..<(index + 1) * type.blockBytes]))
            let start = index * type.blockElements
            let output = UnsafeMutableBufferPointer(rebasing: destination[start..<start + type.blockElements])
            switch type {
            case .f32: output[0] = Float(bitPattern: block.word(0))
            case .f16: output[0] = block.half(0)
            case .bf16: output[0] = Float(bitPattern: UInt32(block.short(0)) << 16)
            case .q40: widenQ4(block, hasMinimum: false, to: output)
            case .q41: widenQ4(block, hasMinimum: true, to: output)
            case .q50: widenQ5(block, hasMinimum: false, to: output)
            case .q51: widenQ5(block, hasMinimum: true, to: output)
            case .q80: widenQ8(block, to: output)
            case .q4K: widenQ4K(block, to: output)
            case .q5K: widenQ5K(block, to: output)
            case .q6K: widenQ6K(block, to: output)
            }
        }
    }

    // MARK: Blocks of 32

    /// What addition leaves every number as it is, zeros with their sign: −0.
    private static let nothing: Float = -0.0

    /// d · (q − 8), or d · q + m. Layout: d, [m,] 16 bytes of two 4-bit quanta: element j low, element j + 16 high.
    private static func widenQ4(_ block: Block, hasMinimum: Bool, to output: UnsafeMutableBufferPointer<Float>) {
        let (scale, quanta) = (block.half(0), hasMinimum ? 4 : 2)
        let (bias, minimum): (Int, Float) = hasMinimum ? (0, block.half(2)) : (8, nothing)
        for index in 0..<16 {
            let byte = Int(block.byte(quanta + index))
            output[index] = scale * Float(byte & 15 - bias) + minimum
            output[index + 16] = scale * Float(byte >> 4 - bias) + minimum
        }
    }

    /// d · (q − 16), or d · q + m. Layout: d, [m,] 32 fifth bits, then the low four as in Q4.
    private static func widenQ5(_ block: Block, hasMinimum: Bool, to output: UnsafeMutableBufferPointer<Float>) {
        let (scale, high) = (block.half(0), block.word(hasMinimum ? 4 : 2))
        let quanta = hasMinimum ? 8 : 6
        let (bias, minimum): (Int, Float) = hasMinimum ? (0, block.half(2)) : (16, nothing)
        for index in 0..<16 {
            let byte = Int(block.byte(quanta + index))
            let low = byte & 15 | Int(high >> UInt32(index) & 1) << 4
            let upper = byte >> 4 | Int(high >> UInt32(index + 16) & 1) << 4
            output[index] = scale * Float(low - bias) + minimum
            output[index + 16] = scale * Float(upper - bias) + minimum
        }
    }

    /// d · q. Layout: d, 32 signed bytes.
    private static func widenQ8(_ block: Block, to output: UnsafeMutableBufferPointer<Float>) {
        let scale = block.half(0)
        for index in 0..<32 { output[index] = scale * Float(block.signedByte(2 + index)) }
    }

    // MARK: Blocks of 256

    /// (d · scale) · q − (dmin · minimum) for eight parts of 32. Layout: d, dmin, 12 bytes of 6-bit scales and minima, 128
    /// bytes of 4-bit quanta: of each 32 bytes the low halves are one part, the high halves the next.
    private static func widenQ4K(_ block: Block, to output: UnsafeMutableBufferPointer<Float>) {
        for part in 0..<8 {
            let (scale, minimum) = block.scaleAndMinimum(part)
            for index in 0..<32 {
                let byte = block.byte(16 + part / 2 * 32 + index)
                let quantum = part.isMultiple(of: 2) ? byte & 15 : byte >> 4
                output[part * 32 + index] = scale * Float(quantum) - minimum
            }
        }
    }

    /// As Q4_K with a fifth bit: bit p of byte i of the 32 bytes before the quanta is that of element i of part p.
    private static func widenQ5K(_ block: Block, to output: UnsafeMutableBufferPointer<Float>) {
        for part in 0..<8 {
            let (scale, minimum) = block.scaleAndMinimum(part)
            for index in 0..<32 {
                let byte = block.byte(48 + part / 2 * 32 + index)
                let low = part.isMultiple(of: 2) ? byte & 15 : byte >> 4
                let high = block.byte(16 + index) >> UInt8(part) & 1
                output[part * 32 + index] = scale * Float(low | high << 4) - minimum
            }
        }
    }

    /// (d · scale) · (q − 32) for sixteen parts of 16. Layout: 128 bytes of low four bits, 64 of high two bits, 16 signed
    /// scales, d; halves of 128 elements, of which four groups of 32 share the bytes.
    private static func widenQ6K(_ block: Block, to output: UnsafeMutableBufferPointer<Float>) {
        let common = block.half(208)
        for half in 0..<2 {
            for group in 0..<4 {
                for index in 0..<32 {
                    let lowByte = block.byte(half * 64 + group % 2 * 32 + index)
                    let low = group < 2 ? lowByte & 15 : lowByte >> 4
                    let high = block.byte(128 + half * 32 + index) >> UInt8(2 * group) & 3
                    let scale = common * Float(block.signedByte(192 + half * 8 + group * 2 + index / 16))
                    output[half * 128 + group * 32 + index] = scale * Float(Int(low | high << 4) - 32)
                }
            }
        }
    }
}

/// The bytes of one block.
private struct Block {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func byte(_ offset: Int) -> UInt8 { bytes[offset] }
    func signedByte(_ offset: Int) -> Int8 { Int8(bitPattern: bytes[offset]) }
    func short(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }
    func word(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    func half(_ offset: Int) -> Float { FloatConversion.single(half: short(offset)) }

    /// Scale and minimum of one of the eight parts of a Q4_K or Q5_K block, multiplied with the block's own. Bytes 4 to 15
    /// hold them in six bits each: parts 0 to 3 in the low bits of bytes 0–3 (scales) and 4–7 (minima), parts 4 to 7 in the
    /// halves of bytes 8–11 with their upper two bits on top of the former.
    func scaleAndMinimum(_ part: Int) -> (scale: Float, minimum: Float) {
        let packed = 4
        let scale, minimum: UInt8
        if part < 4 {
            scale = bytes[packed + part] & 63
            minimum = bytes[packed + 4 + part] & 63
        } else {
            scale = bytes[packed + 4 + part] & 15 | (bytes[packed + part - 4] >> 6) << 4
            minimum = bytes[packed + 4 + part] >> 4 | (bytes[packed + part] >> 6) << 4
        }
        return (half(0) * Float(scale), half(2) * Float(minimum))
    }
}
