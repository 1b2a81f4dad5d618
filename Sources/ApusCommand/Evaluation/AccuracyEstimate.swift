import Foundation

/// The share of correct responses, and how sure it is.
///
/// Responses to the same prompt resemble each other, so the interval counts n prompts with m samples each not as n·m but as
/// the number of independent responses that would scatter as much (Kish's effective sample size), and puts that into Wilson's
/// interval, which stays within 0 and 1 and is honest near them.
struct AccuracyEstimate: Sendable, Equatable {
    /// In [0, 1].
    let accuracy: Double
    /// 95 % confidence interval.
    let interval: ClosedRange<Double>

    /// `counts`: of each prompt, how many responses were judged (at least one) and how many of them were correct.
    /// nil when there is none.
    init?(_ counts: [(judged: Int, correct: Int)]) {
        let judged = counts.reduce(0) { $0 + $1.judged }
        guard judged > 0 else { return nil }
        let accuracy = Double(counts.reduce(0) { $0 + $1.correct }) / Double(judged)
        self.accuracy = accuracy
        // The variance of a ratio estimated from clusters (Cochran, Sampling Techniques, chapter 6).
        let n = Double(counts.count)
        let squares = counts.reduce(0.0) { sum, count in
            let residual = Double(count.correct) - accuracy * Double(count.judged)
            return sum + residual * residual
        }
        let variance = n > 1 ? squares / (n - 1) * n / (Double(judged) * Double(judged)) : 0
        let effective = variance > 0 ? min(Double(judged), accuracy * (1 - accuracy) / variance) : n
        interval = Self.wilson(accuracy, samples: effective)
    }

    private static func wilson(_ share: Double, samples: Double) -> ClosedRange<Double> {
        let z = 1.959963984540054
        let centre = (share + z * z / (2 * samples)) / (1 + z * z / samples)
        let half =
            z / (1 + z * z / samples) * (share * (1 - share) / samples + z * z / (4 * samples * samples)).squareRoot()
        return max(0, centre - half)...min(1, centre + half)
    }
}
