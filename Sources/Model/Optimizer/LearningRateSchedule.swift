import Glibc

/// The learning rate of each optimizer step: linear warm-up, then constant or decaying. A pure function of the step, so a
/// resumed run continues it exactly.
package struct LearningRateSchedule: Sendable, Equatable {
    /// What follows the warm-up.
    package enum Decay: String, Sendable, Codable, CaseIterable {
        case constant
        /// Straight down to `finalFraction` at `totalSteps`.
        case linear
        /// Half a cosine down to `finalFraction` at `totalSteps`.
        case cosine
    }

    /// The rate after warm-up.
    package var peak: Float
    /// Step s < warmUpSteps has rate peak · (s + 1) / warmUpSteps.
    package var warmUpSteps: Int
    package var decay: Decay
    /// Steps of the whole run; beyond it the rate stays at its end.
    package var totalSteps: Int
    /// The final rate as a fraction of the peak.
    package var finalFraction: Float

    package init(
        peak: Float, warmUpSteps: Int = 0, decay: Decay = .constant, totalSteps: Int = 0, finalFraction: Float = 0
    ) {
        self.peak = peak
        self.warmUpSteps = warmUpSteps
        self.decay = decay
        self.totalSteps = totalSteps
        self.finalFraction = finalFraction
    }

    /// The rate of step `step`, counted from 0.
    package func rate(step: Int) -> Float {
        if step < warmUpSteps { return peak * Float(step + 1) / Float(warmUpSteps) }
        let length = max(1, totalSteps - warmUpSteps)
        let progress = min(1, Double(step - warmUpSteps) / Double(length))
        let remaining: Double
        switch decay {
        case .constant: return peak
        case .linear: remaining = 1 - progress
        case .cosine: remaining = (1 + cos(.pi * progress)) / 2
        }
        return peak * (finalFraction + (1 - finalFraction) * Float(remaining))
    }
}
