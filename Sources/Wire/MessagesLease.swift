/// Asks for work. See `Message.leaseRequest`.
package struct LeaseRequest: Sendable, Equatable {
    /// At most how many leases the worker can take now.
    package var credits: UInt32
    /// The version that the worker would begin with.
    package var versionInUse: UInt64

    package init(credits: UInt32, versionInUse: UInt64) {
        self.credits = credits
        self.versionInUse = versionInUse
    }
}

/// How long a response may think: when its first `tokens` tokens begin with `openToken` and do not contain `closeToken`, the
/// `stopTokens` follow in place of sampled ones.
package struct LeasedThinkingBudget: Sendable, Equatable {
    package var tokens: UInt32
    package var openToken: Int32
    package var closeToken: Int32
    package var stopTokens: [Int32]

    package init(tokens: UInt32, openToken: Int32, closeToken: Int32, stopTokens: [Int32]) {
        self.tokens = tokens
        self.openToken = openToken
        self.closeToken = closeToken
        self.stopTokens = stopTokens
    }
}

/// The right and duty to generate one group, until a deadline.
package struct Lease: Sendable, Equatable {
    /// Unique in the run.
    package var leaseID: UInt64
    /// The prompt's place in the ledger; key of the group's random numbers.
    package var groupID: UInt64
    /// 0 at the first issue of this group, one more at each re-issue.
    package var attempt: UInt32
    /// Token ids of the prompt, at least one. Never re-tokenised.
    package var prompt: [Int32]
    /// The same prompt as text, for the verifier.
    package var promptText: String
    /// Number of responses, G ≥ 1; they are numbered 0 ..< samples.
    package var samples: UInt32
    /// Longest response in tokens, the stop token included; ≥ 1.
    package var maximumTokens: UInt32
    /// Softmax temperature of sampling; finite, > 0.
    package var temperature: Float
    /// Token ids that end a response (and belong to it).
    package var stopTokens: [Int32]
    /// Oldest version that may generate any token.
    package var minimumVersion: UInt64
    /// The version that must generate every token, equal to `minimumVersion`; nil = any from `minimumVersion` on.
    package var exactVersion: UInt64?
    /// From receipt of the grant until the learner may issue the group to another worker.
    package var deadlineMilliseconds: UInt64
    /// Which verifier judges the responses, such as "countdown".
    package var verifierKind: String
    /// What that verifier needs to know of the task: a JSON object in UTF-8.
    package var verificationPayload: [UInt8]
    /// Nil: responses may think as long as they like.
    package var thinkingBudget: LeasedThinkingBudget?

    package init(
        leaseID: UInt64, groupID: UInt64, attempt: UInt32, prompt: [Int32], promptText: String, samples: UInt32,
        maximumTokens: UInt32, temperature: Float, stopTokens: [Int32], minimumVersion: UInt64,
        exactVersion: UInt64? = nil, deadlineMilliseconds: UInt64, verifierKind: String, verificationPayload: [UInt8],
        thinkingBudget: LeasedThinkingBudget? = nil
    ) {
        self.leaseID = leaseID
        self.groupID = groupID
        self.attempt = attempt
        self.prompt = prompt
        self.promptText = promptText
        self.samples = samples
        self.maximumTokens = maximumTokens
        self.temperature = temperature
        self.stopTokens = stopTokens
        self.minimumVersion = minimumVersion
        self.exactVersion = exactVersion
        self.deadlineMilliseconds = deadlineMilliseconds
        self.verifierKind = verifierKind
        self.verificationPayload = verificationPayload
        self.thinkingBudget = thinkingBudget
    }
}

/// Hands out work. See `Message.leaseGrant`.
package struct LeaseGrant: Sendable, Equatable {
    /// At most as many as were asked for; may be empty.
    package var leases: [Lease]
    /// When `leases` is empty: ask again after this time.
    package var retryAfterMilliseconds: UInt64
    /// Every version that is some lease's exact one, each once.
    package var versions: [VersionDescription]

    package init(leases: [Lease], retryAfterMilliseconds: UInt64 = 0, versions: [VersionDescription] = []) {
        self.leases = leases
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.versions = versions
    }
}

/// Gives leases back unfinished. See `Message.leaseReturn`.
package struct LeaseReturn: Sendable, Equatable {
    package var leaseIDs: [UInt64]
    package var reason: String
    /// Whether generation failed, as it would at another worker.
    package var failed: Bool

    package init(leaseIDs: [UInt64], reason: String, failed: Bool = false) {
        self.leaseIDs = leaseIDs
        self.reason = reason
        self.failed = failed
    }
}
