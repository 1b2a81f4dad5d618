import Glibc

/// Rotary position embedding (arXiv 2104.09864, half-split layout) and how it is stretched to longer contexts.
package struct RotaryEmbedding: Sendable, Equatable {
    package enum Scaling: Sendable, Equatable {
        case none
        /// Positions divided by `factor` (arXiv 2306.15595).
        case linear(factor: Double)
        /// Per-frequency interpolation between the two (arXiv 2309.00071).
        case yarn(YaRN)
        /// The piecewise scaling of Llama 3.1.
        case llama3(Llama3)
    }

    package struct YaRN: Sendable, Equatable {
        package var factor: Double
        package var originalPositions: Int
        package var betaFast: Double = 32
        package var betaSlow: Double = 1
        /// Multiplies cosine and sine; nil: 0.1·ln(factor) + 1.
        package var attentionFactor: Double?
        /// Whether the bounds of the ramp are rounded to whole dimensions.
        package var truncates = true

        package init(factor: Double, originalPositions: Int) {
            self.factor = factor
            self.originalPositions = originalPositions
        }
    }

    package struct Llama3: Sendable, Equatable {
        package var factor: Double
        package var lowFrequencyFactor: Double
        package var highFrequencyFactor: Double
        package var originalPositions: Int
    }

    /// Base of the geometric series of frequencies.
    package let theta: Double
    package let scaling: Scaling

    package init(theta: Double, scaling: Scaling = .none) {
        self.theta = theta
        self.scaling = scaling
    }

    /// What cosine and sine are multiplied with.
    package var attentionFactor: Double {
        guard case .yarn(let yarn) = scaling else { return 1 }
        return yarn.attentionFactor ?? (yarn.factor <= 1 ? 1 : 0.1 * log(yarn.factor) + 1)
    }

    /// Radians per position of the `headDimension`/2 pairs; computed in double, rounded once to fp32 as the reference stores it.
    package func inverseFrequencies(headDimension: Int) -> [Float] {
        let plain = (0..<headDimension / 2).map { pow(theta, -Double(2 * $0) / Double(headDimension)) }
        switch scaling {
        case .none: return plain.map { Float($0) }
        case .linear(let factor): return plain.map { Float($0 / factor) }
        case .yarn(let yarn): return yarn.apply(plain, theta: theta, headDimension: headDimension).map { Float($0) }
        case .llama3(let llama3): return plain.map { Float(llama3.apply($0)) }
        }
    }
}

extension RotaryEmbedding.YaRN {
    fileprivate func apply(_ frequencies: [Double], theta: Double, headDimension: Int) -> [Double] {
        /// The dimension whose wave turns `rotations` times within the original context.
        func dimension(rotations: Double) -> Double {
            Double(headDimension) * log(Double(originalPositions) / (rotations * 2 * .pi)) / (2 * log(theta))
        }
        var low = dimension(rotations: betaFast)
        var high = dimension(rotations: betaSlow)
        if truncates {
            low = low.rounded(.down)
            high = high.rounded(.up)
        }
        low = max(low, 0)
        high = min(high, Double(headDimension - 1))
        // The reference's guard against a ramp of no width.
        if low == high { high += 0.001 }
        return frequencies.enumerated().map { index, frequency in
            let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
            return frequency / factor * ramp + frequency * (1 - ramp)
        }
    }
}

extension RotaryEmbedding.Llama3 {
    fileprivate func apply(_ frequency: Double) -> Double {
        let turns = Double(originalPositions) * frequency / (2 * .pi)
        if turns > highFrequencyFactor { return frequency }
        if turns < lowFrequencyFactor { return frequency / factor }
        let smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
        return (1 - smooth) * frequency / factor + smooth * frequency
    }
}
