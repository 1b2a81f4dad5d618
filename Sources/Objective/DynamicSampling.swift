/// Which groups a run with dynamic sampling trains (DAPO, arXiv 2503.14476, eq. 11): those in which somebody did better
/// than somebody else. The others are dropped and replaced, so every group of a batch carries a gradient.
package enum DynamicSampling {
    /// Whether a group teaches anything.
    ///
    /// - Parameter rewards: `[G]` the verdicts' scores, before any penalty for length (which would give every group of
    ///   different lengths a spread); nil where the verdict is unknown.
    /// - Returns: true if at least two rewards are known and not all known ones are equal.
    package static func isInformative(rewards: [Double?]) -> Bool {
        Set(rewards.compactMap { $0 }).count > 1
    }
}
