/// Trains only the minority of tokens where the policy hesitates (arXiv 2506.01939): the top `fraction` of all trained
/// tokens by the entropy of π_θ, pooled over the sequences of a mini-batch; the published fraction is 0.2.
///
/// As weights: kept tokens get (trained tokens)/(kept tokens), which turns a mean over trained tokens into one over kept
/// tokens, as in the authors' code; all others get 0. Under GSPO this is the GSPO-token form, the clip being decided by
/// the whole sequence.
package struct EntropyMask: Sendable, Equatable, CustomStringConvertible {
    /// Which end is kept: the paper's, or the other one, which it shows to learn little.
    package enum End: String, Sendable, CaseIterable { case top, bottom }

    package var fraction: Double
    package var end: End

    package init(fraction: Double = 0.2, end: End = .top) {
        precondition(fraction > 0 && fraction <= 1, "fraction of tokens kept must be in (0, 1], not \(fraction)")
        self.fraction = fraction
        self.end = end
    }

    /// - Parameters:
    ///   - entropies: `[tokens]` of the whole mini-batch, in nats.
    ///   - mask: `[tokens]` trained tokens.
    /// - Returns: `[tokens]` weights. Ties at the threshold are broken by position, so exactly ⌈fraction · trained⌉
    ///   tokens are kept.
    package func weights(entropies: [Float], mask: [Bool]) -> [Float] {
        precondition(entropies.count == mask.count, "\(entropies.count) entropies for \(mask.count) tokens")
        let trained = mask.indices.filter { mask[$0] }
        var weights = [Float](repeating: 0, count: mask.count)
        guard !trained.isEmpty else { return weights }
        let keptCount = Int((fraction * Double(trained.count)).rounded(.up))
        let sign: Float = end == .top ? 1 : -1
        let ordered = trained.sorted { (sign * entropies[$0], $1) > (sign * entropies[$1], $0) }
        let weight = Float(Double(trained.count) / Double(keptCount))
        for token in ordered.prefix(keptCount) { weights[token] = weight }
        return weights
    }

    package var description: String {
        "\(end.rawValue) \(fraction) of the mini-batch's tokens by entropy, normalised by the tokens kept"
    }
}
