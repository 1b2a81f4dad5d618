import Glibc
import Tensor

/// Cosines and sines of the rotary embedding, [positions][headDimension / 2] each. Role: input of the rotation kernel.
/// Owner: one `RowForward`; grows with the longest sequence seen.
///
/// An angle is the fp32 product of position and inverse frequency, as transformers computes it. Its cosine is taken in double
/// and rounded once, which makes the table the same on every machine whatever its mathematics library.
final class RotaryTable {
    private let inverseFrequencies: [Float]
    private let scale: Float
    private(set) var positions = 0
    private(set) var cosines = FloatBuffer(count: 0)
    private(set) var sines = FloatBuffer(count: 0)

    init(_ configuration: ModelConfiguration) {
        inverseFrequencies = configuration.rotary.inverseFrequencies(headDimension: configuration.headDimension)
        scale = Float(configuration.rotary.attentionFactor)
    }

    /// Makes positions 0 ..< count available.
    func reserve(positions count: Int) {
        guard count > positions else { return }
        positions = max(count, 2 * positions, 256)
        let pairs = inverseFrequencies.count
        cosines = FloatBuffer(count: positions * pairs)
        sines = FloatBuffer(count: positions * pairs)
        for position in 0..<positions {
            for (pair, frequency) in inverseFrequencies.enumerated() {
                let angle = Double(Float(position) * frequency)
                cosines.pointer[position * pairs + pair] = Float(cos(angle)) * scale
                sines.pointer[position * pairs + pair] = Float(sin(angle)) * scale
            }
        }
    }
}
