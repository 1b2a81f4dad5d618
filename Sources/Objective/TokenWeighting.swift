/// The constant weights on the tokens' terms: what corrects for the sampler, and what leaves tokens out.
package struct TokenWeighting: Sendable, Equatable {
    package var correction: TokenCorrection
    package var geometricMask: GeometricSequenceMask?
    package var offPolicyMask: OffPolicySequenceMask?
    package var entropyMask: EntropyMask?

    package init(
        correction: TokenCorrection = .none, geometricMask: GeometricSequenceMask? = nil,
        offPolicyMask: OffPolicySequenceMask? = nil, entropyMask: EntropyMask? = nil
    ) {
        self.correction = correction
        self.geometricMask = geometricMask
        self.offPolicyMask = offPolicyMask
        self.entropyMask = entropyMask
    }

    /// Multiplies all weights into those of `batch`, and says what they did to its trained tokens.
    ///
    /// - Parameter entropyWeights: `[tokens]` this batch's part of the entropy mask's weights, which depend on the whole
    ///   mini-batch; empty without such a mask.
    package func weigh(_ batch: inout ObjectiveBatch, entropyWeights: [Float]) -> WeightStatistics {
        precondition(
            entropyWeights.count == (entropyMask == nil ? 0 : batch.tokenCount), "weights of the entropy mask missing")
        var statistics = WeightStatistics()
        let unweighted = batch
        statistics.add(correction, unweighted)
        if correction != .none { batch.multiplyWeights(by: correction.weights(unweighted)) }
        let masks = [
            (WeightStatistics.Mask.geometric, geometricMask?.weights(unweighted)),
            (.offPolicy, offPolicyMask?.weights(unweighted)),
            (.entropy, entropyMask == nil ? nil : entropyWeights),
        ]
        for case (let mask, let weights?) in masks {
            statistics.add(mask, weights, unweighted)
            batch.multiplyWeights(by: weights)
        }
        return statistics
    }
}

/// What `TokenWeighting` did. Addable over the parts of a step; only trained tokens count.
package struct WeightStatistics: Sendable, Equatable {
    /// The masks by the names they bear in logs.
    package enum Mask: String, Sendable, CaseIterable {
        case geometric
        case offPolicy = "off_policy"
        case entropy
    }

    package private(set) var tokens = 0
    /// Tokens whose ratio to the sampler the correction cut or set to 0.
    package private(set) var clampedTokens = 0
    /// Tokens that each of the masks in use left out.
    package private(set) var maskedTokens: [Mask: Int] = [:]
    /// Sum over tokens of the correction's weights, after its clamp.
    private var weightSum = 0.0

    package init() {}

    package var clampedFraction: Double { tokens == 0 ? 0 : Double(clampedTokens) / Double(tokens) }
    /// Mean of the correction's weights, after its clamp.
    package var meanWeight: Double { tokens == 0 ? 0 : weightSum / Double(tokens) }
    /// Share of tokens that each of the masks in use left out.
    package var maskedFractions: [Mask: Double] {
        maskedTokens.mapValues { tokens == 0 ? 0 : Double($0) / Double(tokens) }
    }

    package static func += (left: inout WeightStatistics, right: WeightStatistics) {
        left.tokens += right.tokens
        left.clampedTokens += right.clampedTokens
        left.maskedTokens.merge(right.maskedTokens, uniquingKeysWith: +)
        left.weightSum += right.weightSum
    }

    mutating func add(_ correction: TokenCorrection, _ batch: ObjectiveBatch) {
        for token in 0..<batch.tokenCount where batch.mask[token] {
            let ratio = batch.samplerRatio(token)
            tokens += 1
            clampedTokens += correction.clamps(ratio) ? 1 : 0
            weightSum += correction.weight(ratio)
        }
    }

    mutating func add(_ mask: Mask, _ weights: [Float], _ batch: ObjectiveBatch) {
        maskedTokens[mask, default: 0] += (0..<batch.tokenCount).count { batch.mask[$0] && weights[$0] == 0 }
    }
}
