/// Sums over tokens and sequences that say how far the data is from the policy, and what the objective did with it.
///
/// Addable: the statistics of a step are the sum of those of its micro-batches. Only trained tokens count.
package struct OffPolicyStatistics: Sendable, Equatable {
    package private(set) var sequences = 0
    package private(set) var tokens = 0
    /// Tokens whose gradient the objective removed, and sequences with at least one such token.
    package private(set) var clippedTokens = 0
    package private(set) var clippedSequences = 0
    /// Largest r = π_θ/π_old of a token, and largest sequence ratio s (geometric mean of r).
    package private(set) var maximumRatio = 0.0
    package private(set) var maximumSequenceRatio = 0.0
    /// Largest |log μ − log π_old| of a token, in nats.
    package private(set) var maximumGap = 0.0
    /// Largest k = π_old/μ of a token, before any correction's clamp.
    package private(set) var maximumSamplerRatio = 0.0
    /// Σ over tokens of |∂loss/∂log π_θ| (1 − π_θ): the gradient signal. Up to the factor 2/T it is the L1 norm of the
    /// loss's gradient at the logits, so a token that the policy is certain of weighs nothing, however large its advantage.
    package private(set) var gradientMagnitude = 0.0
    private var ratioSum = 0.0
    private var sequenceRatioSum = 0.0
    private var ratiosAboveTwo = 0
    private var samplerRatiosAboveTwo = 0
    private var samplerRatioSum = 0.0
    private var samplerRatioSquareSum = 0.0
    private var firstKLSum = 0.0
    private var thirdKLSum = 0.0
    private var entropySum = 0.0
    private var zeroWeights = 0
    private var rewardSum = 0.0

    package init() {}

    package var clippedTokenFraction: Double { share(Double(clippedTokens), tokens) }
    package var clippedSequenceFraction: Double { share(Double(clippedSequences), sequences) }
    /// Mean of π_θ/π_old over tokens, and of its geometric mean over sequences.
    package var meanRatio: Double { share(ratioSum, tokens) }
    package var meanSequenceRatio: Double { share(sequenceRatioSum, sequences) }
    /// Fraction of tokens with π_θ/π_old > 2, and with π_old/μ > 2.
    package var ratioAboveTwoFraction: Double { share(Double(ratiosAboveTwo), tokens) }
    package var samplerRatioAboveTwoFraction: Double { share(Double(samplerRatiosAboveTwo), tokens) }
    /// Mean of π_old/μ, before any correction's clamp.
    package var meanSamplerRatio: Double { share(samplerRatioSum, tokens) }
    /// Effective sample size over tokens as a share of them, (Σk)²/(n Σk²) with k = π_old/μ; 1 on policy.
    package var effectiveSampleSize: Double {
        tokens == 0 ? 0 : samplerRatioSum * samplerRatioSum / (Double(tokens) * samplerRatioSquareSum)
    }
    /// KL(μ‖π_old) in nats per token, estimator k1 = log μ − log π_old: unbiased, may be negative.
    package var firstKL: Double { share(firstKLSum, tokens) }
    /// KL(μ‖π_old) in nats per token, estimator k3 = k − 1 − log k: unbiased, never negative.
    package var thirdKL: Double { share(thirdKLSum, tokens) }
    /// Mean entropy of π_θ in nats; 0 if entropies were not given.
    package var meanEntropy: Double { share(entropySum, tokens) }
    /// Fraction of tokens whose constant weight is 0 (removed by a correction or a mask).
    package var zeroWeightFraction: Double { share(Double(zeroWeights), tokens) }
    /// Mean reward of the sequences; 0 if rewards were not given.
    package var meanReward: Double { share(rewardSum, sequences) }

    private func share(_ sum: Double, _ count: Int) -> Double { count == 0 ? 0 : sum / Double(count) }

    package static func += (left: inout OffPolicyStatistics, right: OffPolicyStatistics) {
        left.sequences += right.sequences
        left.tokens += right.tokens
        left.clippedTokens += right.clippedTokens
        left.clippedSequences += right.clippedSequences
        left.maximumRatio = max(left.maximumRatio, right.maximumRatio)
        left.maximumSequenceRatio = max(left.maximumSequenceRatio, right.maximumSequenceRatio)
        left.maximumGap = max(left.maximumGap, right.maximumGap)
        left.maximumSamplerRatio = max(left.maximumSamplerRatio, right.maximumSamplerRatio)
        left.gradientMagnitude += right.gradientMagnitude
        left.ratioSum += right.ratioSum
        left.sequenceRatioSum += right.sequenceRatioSum
        left.ratiosAboveTwo += right.ratiosAboveTwo
        left.samplerRatiosAboveTwo += right.samplerRatiosAboveTwo
        left.samplerRatioSum += right.samplerRatioSum
        left.samplerRatioSquareSum += right.samplerRatioSquareSum
        left.firstKLSum += right.firstKLSum
        left.thirdKLSum += right.thirdKLSum
        left.entropySum += right.entropySum
        left.zeroWeights += right.zeroWeights
        left.rewardSum += right.rewardSum
    }

    /// Statistics of one sequence of an evaluated batch; empty if none of its tokens is trained.
    init(_ batch: ObjectiveBatch, _ result: ObjectiveResult, sequence: Int, entropies: [Float], reward: Double) {
        var clippedHere = 0
        for token in batch.tokens(of: sequence) where batch.mask[token] {
            tokens += 1
            addRatios(batch, token)
            clippedHere += result.clipped[token] ? 1 : 0
            zeroWeights += batch.weight(token) == 0 ? 1 : 0
            gradientMagnitude +=
                Double(abs(result.dLogProbabilities[token])) * (1 - exponential(Double(batch.logProbabilities[token])))
            entropySum += entropies.isEmpty ? 0 : Double(entropies[token])
        }
        guard tokens > 0 else { return }
        sequences = 1
        clippedTokens = clippedHere
        clippedSequences = clippedHere > 0 ? 1 : 0
        sequenceRatioSum = batch.sequenceRatio(sequence, trained: tokens)
        maximumSequenceRatio = sequenceRatioSum
        rewardSum = reward
    }

    private mutating func addRatios(_ batch: ObjectiveBatch, _ token: Int) {
        let ratio = exponential(Double(batch.logProbabilities[token]) - Double(batch.oldLogProbabilities[token]))
        ratioSum += ratio
        ratiosAboveTwo += ratio > 2 ? 1 : 0
        maximumRatio = max(maximumRatio, ratio)
        let gap = Double(batch.samplerLogProbabilities[token]) - Double(batch.oldLogProbabilities[token])
        let samplerRatio = exponential(-gap)
        samplerRatioSum += samplerRatio
        samplerRatioSquareSum += samplerRatio * samplerRatio
        samplerRatiosAboveTwo += samplerRatio > 2 ? 1 : 0
        maximumSamplerRatio = max(maximumSamplerRatio, samplerRatio)
        firstKLSum += gap
        thirdKLSum += samplerRatio - 1 + gap
        maximumGap = max(maximumGap, abs(gap))
    }
}
