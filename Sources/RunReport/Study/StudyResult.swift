/// What came of one run of a study: a line of `docs/study/results.jsonl`.
///
/// Role: the only thing that tables and figures are made of. Invariant: a run's numbers follow from its configuration alone, since
/// studies run in lockstep.
package struct StudyResult: Codable, Sendable, Equatable {
    /// The experiment, "b", and what was varied within it, "N=4, r3, clip".
    package let study: String
    package let cell: String
    package let seed: UInt64
    package let steps: Int
    /// Share of correct answers to held-out prompts at temperature 1 after the run.
    package let accuracy: Double
    /// Mean reward of each step, to three decimals.
    package let rewards: [Double]
    /// KL(μ‖π_old), first estimator, in nats per token; mean over the steps.
    package let samplerDivergence: Double
    /// Of π_old/μ, as a share of the tokens; mean over the steps.
    package let effectiveSampleSize: Double
    /// Shares of sequences and of tokens that were clipped; means over the steps.
    package let clippedSequences: Double
    package let clippedTokens: Double
    /// Share of expert choices in which the learner's routers differ from the rollout's; mean over the steps.
    package let expertDisagreement: Double
    /// Largest norm of a gradient before clipping.
    package let largestGradient: Double
    /// Entropy of the policy over the last tenth of the steps, in nats per token.
    package let entropy: Double
    /// Updates refused because something was not finite.
    package let refusedUpdates: Double
    /// SHA-256 of the last version, for whoever runs it again.
    package let sha256: String

    /// A run that cannot be a result, and why.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    package init(study: String, cell: String, seed: UInt64, run: RunData) throws(Unusable) {
        let table = run.steps
        guard let steps = table.steps.last, let accuracy = run.evaluation.after, let sha256 = run.sha256 else {
            throw Unusable(description: "the run \(run.name) has no finished step or no evaluation-after.json")
        }
        func mean(_ name: String) -> Double { Self.rounded(Curve.mean(table[name])) }
        (self.study, self.cell, self.seed, self.steps) = (study, cell, seed, steps)
        self.accuracy = accuracy
        self.sha256 = sha256
        rewards = table["reward_mean"].map { ($0 * 1000).rounded() / 1000 }
        samplerDivergence = mean("kl_k1")
        effectiveSampleSize = mean("effective_sample_size")
        clippedSequences = mean("clip_fraction_sequences")
        clippedTokens = mean("clip_fraction_tokens")
        expertDisagreement = mean("expert_disagreement")
        largestGradient = Self.rounded(table["gradient_norm"].filter(\.isFinite).max() ?? 0)
        entropy = Self.rounded(table.mean("entropy", atEnd: true))
        refusedUpdates = table.sum("skipped_updates")
    }

    /// Five significant digits; what a run does not have is 0.
    private static func rounded(_ value: Double) -> Double {
        value.isFinite ? Double(NumberFormat.significant(value, 5)) ?? 0 : 0
    }

    /// How far the reward has fallen: the best mean over ten successive steps less that over the last ten.
    package var fall: Double {
        let width = min(10, rewards.count)
        guard width > 0 else { return 0 }
        let means = (0...rewards.count - width).map { Curve.mean(rewards[$0..<$0 + width]) }
        return (means.max() ?? 0) - (means.last ?? 0)
    }
}

/// Mean over several seeds, and how sure it is.
package struct SeedEstimate: Sendable, Equatable {
    package let mean: Double
    /// Half the width of the 95 % confidence interval by Student's t; NaN for a single seed.
    package let halfWidth: Double

    package init(_ values: [Double]) {
        let mean = Curve.mean(values)
        self.mean = mean
        guard values.count > 1 else {
            halfWidth = .nan
            return
        }
        let freedom = values.count - 1
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let error = (squares / Double(freedom) / Double(values.count)).squareRoot()
        halfWidth = error * (freedom <= Self.quantiles.count ? Self.quantiles[freedom - 1] : 1.96)
    }

    /// The 97.5 % quantile of Student's t for 1, 2, … degrees of freedom; beyond them the normal one is close.
    private static let quantiles = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ]
}
