extension RunConfiguration.Schedule {
    /// Most versions between the oldest token of a response and the version that trains on it.
    package var staleness: Int { kind == .lockstep ? lag : maxStaleness }

    /// Versions that a learner or broadcaster holds for others: every one that a lease may name, and two at least, so that a
    /// fetch of the one before the newest still ends well.
    package var versionsServed: Int { kind == .lockstep ? max(2, lag + 1) : 2 }

    /// Versions that a worker keeps loaded besides those that its leases name.
    package var versionsLoaded: Int { kind == .lockstep ? lag + 1 : 1 }
}

extension RunConfiguration {
    /// Whether a group counts as failed when the learner could not take it: in lockstep damage on the way decides nothing.
    package var countsRefusals: Bool { schedule.kind == .bounded }

    /// Verifiers that may fail to answer before a verdict counts as unknown; nil for as many as it takes. An answer that
    /// depends on who was slow would make the run depend on it, too.
    package var verificationAttempts: Int? { schedule.kind == .lockstep ? nil : rollout.verifyAttempts }
}
