import Model
import Tensor

/// Fresh weights of a policy, drawn from nothing but a seed.
///
/// Matrices get normal deviates of a given standard deviation, norms one, biases zero, as transformers initialises them.
/// Weight i is a function of (seed, i) alone, in integer arithmetic up to one rounding, so it has the same bits everywhere.
enum InitialWeights {
    /// Words added per deviate. The sum of twelve uniform numbers has variance 1, ends at ±6, and needs no logarithm or
    /// cosine, whose last bits differ between mathematics libraries.
    private static let blocksPerDeviate: UInt32 = 3
    private static let grain = 1 << 14

    static func arena(layout: ParameterLayout, seed: UInt64, standardDeviation: Float, team: ThreadTeam)
        -> ParameterArena
    {
        let arena = ParameterArena(layout: layout)
        let key = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
        for tensor in layout.tensors {
            let pointer = arena.pointer(tensor)
            if tensor.shape.count == 1 {
                let value: Float = tensor.name.hasSuffix(".bias") ? 0 : 1
                pointer.update(repeating: value, count: tensor.count)
            } else {
                team.run(count: tensor.count, grain: grain) { range, _ in
                    for index in range {
                        pointer[index] = standardDeviation * deviate(UInt64(tensor.offset + index), key: key)
                    }
                }
            }
        }
        return arena
    }

    private static func deviate(_ index: UInt64, key: (UInt32, UInt32)) -> Float {
        var sum: UInt64 = 0
        for part in 0..<blocksPerDeviate {
            let counter = (
                part, UInt32(0), UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32)
            )
            let words = Philox.block(counter: counter, key: key)
            sum += UInt64(words.0) + UInt64(words.1) + UInt64(words.2) + UInt64(words.3)
        }
        let words = Double(4 * blocksPerDeviate)
        return Float((Double(sum) + words / 2) * 0x1p-32 - words / 2)
    }
}
