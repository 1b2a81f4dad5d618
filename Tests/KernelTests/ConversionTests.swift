import CKernels
import Testing

@Suite struct ConversionTests {
    /// Round to nearest even by comparing with both neighbours, in double.
    func rounded(_ x: Float) -> UInt16 {
        let down = UInt16(x.bitPattern >> 16)
        if x.isNaN { return down | 0x40 }
        if x.isInfinite { return down }
        let low = Double(Float(bitPattern: UInt32(down) << 16)).magnitude
        let up = Float(bitPattern: UInt32(down + 1) << 16)
        // Past the largest finite bf16 the upper neighbour counts as 2¹²⁸.
        let high = up.isInfinite ? 0x1p128 : Double(up).magnitude
        let value = Double(x).magnitude
        if value - low == high - value { return down & 1 == 0 ? down : down + 1 }
        return value - low < high - value ? down : down + 1
    }

    /// Every upper half with the lower halves at which rounding turns: all signs, exponents, NaN, infinities, subnormals.
    @Test func everyUpperHalf() {
        let lows: [UInt32] = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff]
        let x = (0..<0x10000 as Range<UInt32>).flatMap { high in lows.map { Float(bitPattern: high << 16 | $0) } }
        let expected = x.map(rounded)
        for name in instructionSets {
            with(instructionSet: name) {
                var halves = [UInt16](repeating: 0, count: x.count)
                apus_f32_to_bf16(x.count, x, &halves)
                expectSame(halves, expected)
            }
        }
    }

    @Test func everyHalfComesBack() {
        let halves = Array(UInt16.min...UInt16.max)
        for name in instructionSets {
            with(instructionSet: name) {
                var x = [Float](repeating: 0, count: halves.count)
                apus_bf16_to_f32(halves.count, halves, &x)
                expectSame(bits(x), halves.map { UInt32($0) << 16 })
            }
        }
    }

    @Test(arguments: [0, 1, 15, 17, 33])
    func oddCounts(count: Int) {
        var random = RandomNumbers(seed: count)
        let x = random.floats(count)
        for name in instructionSets {
            with(instructionSet: name) {
                var halves = [UInt16](repeating: 77, count: count + 1)
                apus_f32_to_bf16(count, x, &halves)
                expectSame(halves, x.map(rounded) + [77])
                var back = [Float](repeating: 5, count: count + 1)
                apus_bf16_to_f32(count, halves, &back)
                expectSame(bits(back), halves.dropLast().map { UInt32($0) << 16 } + bits([5]))
            }
        }
    }
}

@Suite struct ChecksumTests {
    /// The check value of the CRC catalogue and the vectors of RFC 3720, appendix B.4.
    @Test func knownValues() {
        let vectors: [([UInt8], UInt32)] = [
            (Array("123456789".utf8), 0xE306_9283), ([], 0), (Array(repeating: 0, count: 32), 0x8A91_36AA),
            (Array(repeating: 0xff, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
            (Array((0..<32).reversed()), 0x113F_DB5C),
        ]
        for name in instructionSets {
            with(instructionSet: name) {
                for (bytes, checksum) in vectors { #expect(apus_crc32c(0, bytes, bytes.count) == checksum) }
            }
        }
    }

    @Test func continues() {
        var random = RandomNumbers(seed: 1)
        let bytes = (0..<1001).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let whole = apus_crc32c(0, bytes, bytes.count)
        for name in instructionSets {
            with(instructionSet: name) {
                for cut in [0, 1, 7, 8, 500, 1001] {
                    let first = apus_crc32c(0, Array(bytes[..<cut]), cut)
                    #expect(apus_crc32c(first, Array(bytes[cut...]), bytes.count - cut) == whole)
                }
            }
        }
    }
}
