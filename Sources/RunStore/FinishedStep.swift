/// A completed optimizer step.
package struct FinishedStep: Sendable, Equatable {
    package var step: Int
    /// The version that the step made, and the hash of its weights in hexadecimal.
    package var version: UInt64
    package var sha256: String
    /// The step's log line, a JSON object.
    package var report: String
    package var outcomes: [ResponseOutcome]
    /// A few of the responses, token by token.
    package var samples: [StoredSample]

    package init(
        step: Int, version: UInt64, sha256: String, report: String, outcomes: [ResponseOutcome],
        samples: [StoredSample] = []
    ) {
        self.step = step
        self.version = version
        self.sha256 = sha256
        self.report = report
        self.outcomes = outcomes
        self.samples = samples
    }
}

/// What training made of one response.
package struct ResponseOutcome: Sendable, Equatable {
    package var groupID: UInt64
    package var sample: UInt32
    /// Nil if the response was masked.
    package var advantage: Double?
    /// Geometric mean of π_θ/π_old over its tokens.
    package var ratio: Double?
    /// Mean of log μ − log π_old over its tokens.
    package var divergence: Double?
    /// Share of its tokens whose gradient a clip or mask removed.
    package var clippedFraction: Double?
    /// Versions between its oldest token and the consuming version.
    package var staleness: UInt64

    package init(
        groupID: UInt64, sample: UInt32, advantage: Double?, ratio: Double?, divergence: Double?,
        clippedFraction: Double?, staleness: UInt64
    ) {
        self.groupID = groupID
        self.sample = sample
        self.advantage = advantage
        self.ratio = ratio
        self.divergence = divergence
        self.clippedFraction = clippedFraction
        self.staleness = staleness
    }
}
