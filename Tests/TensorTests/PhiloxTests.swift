import Tensor
import Testing

@Suite struct PhiloxTests {
    /// Known answers of philox4x32 with 10 rounds, from the Random123 distribution (kat_vectors).
    @Test func knownAnswers() {
        #expect(
            Philox.block(counter: (0, 0, 0, 0), key: (0, 0)) == (0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        let ones = UInt32.max
        #expect(
            Philox.block(counter: (ones, ones, ones, ones), key: (ones, ones))
                == (0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox.block(
                counter: (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: (0xa409_3822, 0x299f_31d0))
                == (0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func uniformIsKeyedByEverythingAndLiesInTheUnitInterval() {
        var seen: Set<Double> = []
        var sum = 0.0
        let count = 4096
        for index in 0..<count {
            let bits = UInt64(index)
            // Each key takes two bits of the index in turn, in its low or high word.
            let value = Philox.uniform(
                runSeed: (bits & 7) << 33, group: ((bits >> 3) & 7) << 40, sample: UInt32((bits >> 6) & 7),
                position: UInt32(bits >> 9))
            #expect(value >= 0 && value < 1)
            seen.insert(value)
            sum += value
        }
        #expect(seen.count == count)
        #expect(abs(sum / Double(count) - 0.5) < 0.02)
    }
}
