/// Corrects, token by token, for the sampler having been another policy than π_old: k = π_old/μ.
///
/// Gives constant weights on the tokens' terms, never a product over a sequence. Denominators keep the original
/// token count.
package enum TokenCorrection: Sendable, Equatable, CustomStringConvertible {
    /// Weight 1.
    case none
    /// IcePop: k where low ≤ k ≤ high, else 0 (arXiv 2510.18855). The published range is [0.5, 5].
    case icePop(low: Double = 0.5, high: Double = 5)
    /// Truncated importance sampling: min(k, maximum) (Yao et al. 2025). The published truncation is 2.
    case truncated(maximum: Double = 2)

    /// The weight of a token with ratio `k` = π_old/μ. A NaN ratio gives a NaN weight.
    package func weight(_ k: Double) -> Double {
        switch self {
        case .none: 1
        case .icePop(let low, let high): k < low || k > high ? 0 : k
        case .truncated(let maximum): k > maximum ? maximum : k
        }
    }

    /// Whether the weight of a token with ratio `k` is anything but `k`: the clamp has acted.
    func clamps(_ k: Double) -> Bool { self != .none && weight(k) != k }

    /// `[tokens]` weights of `batch`.
    package func weights(_ batch: ObjectiveBatch) -> [Float] {
        (0..<batch.tokenCount).map { token in
            self == .none ? 1 : Float(weight(batch.samplerRatio(token)))
        }
    }

    package var description: String {
        switch self {
        case .none: "none"
        case .icePop(let low, let high): "IcePop, π_old/μ kept within [\(low), \(high)], else 0"
        case .truncated(let maximum): "truncated importance sampling, π_old/μ at most \(maximum)"
        }
    }
}

extension ObjectiveBatch {
    /// k = π_old/μ of a token.
    func samplerRatio(_ token: Int) -> Double {
        exponential(Double(oldLogProbabilities[token]) - Double(samplerLogProbabilities[token]))
    }
}
