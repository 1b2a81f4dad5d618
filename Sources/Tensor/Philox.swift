/// Philox 4x32-10, a counter-based random generator (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011). Role: sampling that depends on what is sampled and never on who samples or when (promise 6).
/// Stateless: the same key and counter give the same number on every machine.
package enum Philox {
    /// A 128-bit counter or output block as four 32-bit words.
    package typealias Block = (UInt32, UInt32, UInt32, UInt32)

    /// The ten-round bijection of `counter` under the 64-bit `key`.
    package static func block(counter: Block, key: (UInt32, UInt32)) -> Block {
        var (x0, x1, x2, x3) = counter
        var (k0, k1) = key
        for _ in 0..<10 {
            let first = x0.multipliedFullWidth(by: 0xD251_1F53)
            let second = x2.multipliedFullWidth(by: 0xCD9E_8D57)
            (x0, x1, x2, x3) = (second.high ^ x1 ^ k0, second.low, first.high ^ x3 ^ k1, first.low)
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return (x0, x1, x2, x3)
    }

    /// A number in [0, 1) with 53 random bits, keyed by the run and by what is being sampled:
    /// key = run seed; counter = (position, sample, group).
    package static func uniform(runSeed: UInt64, group: UInt64, sample: UInt32, position: UInt32) -> Double {
        let words = block(
            counter: (position, sample, UInt32(truncatingIfNeeded: group), UInt32(truncatingIfNeeded: group >> 32)),
            key: (UInt32(truncatingIfNeeded: runSeed), UInt32(truncatingIfNeeded: runSeed >> 32)))
        let bits = UInt64(words.0 >> 5) << 26 | UInt64(words.1 >> 6)
        return Double(bits) * 0x1p-53
    }
}
