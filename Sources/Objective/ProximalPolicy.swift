/// Where the log-probabilities that ratios are taken against (π_old, π_prox) come from. They are constants of the
/// gradient either way.
package enum ProximalPolicy: String, Sendable, Equatable {
    /// The policy at the start of the step, by a forward pass of the learner.
    case recomputed
    /// log π_prox = α log μ + (1 − α) log π_θ with α = 1/d and d the token's staleness in versions (A-3PO,
    /// arXiv 2512.06547): saves the pass. A fresh token (d = 0) has π_prox = μ, as in AReaL's code.
    case logLinear = "log-linear"

    /// The log-linear approximation of log π_prox.
    ///
    /// - Parameters:
    ///   - sampler: `[tokens]` log μ.
    ///   - current: `[tokens]` log π_θ.
    ///   - staleness: `[tokens]` versions between the one that sampled the token and the one that consumes it.
    package static func interpolate(sampler: [Float], current: [Float], staleness: [Int]) -> [Float] {
        precondition(sampler.count == current.count && sampler.count == staleness.count, "arrays of different lengths")
        return sampler.indices.map { token in
            let alpha = 1 / Double(max(1, staleness[token]))
            return Float(alpha * Double(sampler[token]) + (1 - alpha) * Double(current[token]))
        }
    }
}
