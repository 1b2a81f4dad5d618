import Glibc

/// The trust region of a ratio: [1 − low, 1 + high].
package struct ClipRange: Sendable, Equatable, CustomStringConvertible {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    package var description: String { "ratio clipped to [1 − \(low), 1 + \(high)]" }

    /// Takes over the bounds that are set.
    mutating func adopt(_ options: ObjectiveOptions) {
        low = options.clipLow ?? low
        high = options.clipHigh ?? high
    }

    /// Whether min(r·A, clip(r)·A) takes the clipped branch, which has no gradient.
    func clips(ratio: Double, advantage: Double) -> Bool {
        (advantage > 0 && ratio > 1 + high) || (advantage < 0 && ratio < 1 - low)
    }

    /// min(r·A, clip(r, 1 − low, 1 + high)·A) and its derivative by log r (arXiv 1707.06347, eq. 7).
    func surrogate(ratio: Double, advantage: Double) -> TokenSurrogate {
        if clips(ratio: ratio, advantage: advantage) {
            return .masked(value: (advantage > 0 ? 1 + high : 1 - low) * advantage)
        }
        return TokenSurrogate(value: ratio * advantage, derivative: ratio * advantage, clipped: false)
    }
}

/// e^x in float64.
func exponential(_ x: Double) -> Double { exp(x) }
