/// One response that needs a verdict.
package struct VerificationJob: Sendable, Hashable {
    package let leaseID: UInt64
    package let sample: UInt32

    package init(leaseID: UInt64, sample: UInt32) {
        self.leaseID = leaseID
        self.sample = sample
    }
}

/// Decides which verifier judges which response, and when to ask another one.
///
/// Role: pure dispatcher of a worker's verification requests. Invariants: a verifier never has more than `credits`
/// requests of this worker, and none while it is paused; a job is at one verifier at a time; a verdict is delivered at most
/// once per job. A job leaves without a verdict only after `maximumAttempts` failures, or `maximumCrashes` judges that died of
/// it: then it is unknown, never wrong.
package struct VerificationQueue: Sendable {
    /// Why there is no verdict.
    package enum Failure: Sendable, Equatable {
        /// No answer in time, or none that can be used.
        case unanswered
        /// The verifier does not judge such tasks.
        case notOffered
        /// What judged it died. It may have been killed, or the response kills whoever judges it.
        case crash
    }

    /// What became of a failed attempt.
    package enum Outcome: Sendable, Equatable {
        /// Another verifier will be asked.
        case willRetry
        /// Nobody could judge it.
        case exhausted(attempts: Int)
        /// The job was settled or cancelled before.
        case notPending
    }

    /// A request to make now.
    package struct Dispatch: Sendable, Equatable {
        package let job: VerificationJob
        package let verifier: String

        package init(job: VerificationJob, verifier: String) {
            self.job = job
            self.verifier = verifier
        }
    }

    private struct Pending: Sendable {
        var attempts = 0
        var crashes = 0
        /// Those that failed it in this round, and those of them that do not judge such tasks.
        var failedVerifiers: Set<String> = []
        var refusingVerifiers: Set<String> = []
        /// When the next round begins, in which all are asked again; those that have not failed it are asked before.
        var againAt: ContinuousClock.Instant?
        var verifier: String?
        /// Since when it has been with that verifier, or without any.
        var since: ContinuousClock.Instant
    }

    private let credits: Int
    private let maximumAttempts: Int?
    private let maximumCrashes: Int
    /// How long a job waits that every known verifier has failed.
    private static let pauseBetweenRounds = Duration.milliseconds(250)
    private var outstanding: [String: Int] = [:]
    /// Verifiers that said they have too much to do, and until when they are left alone.
    private var pauses: [String: ContinuousClock.Instant] = [:]
    private var pending: [VerificationJob: Pending] = [:]
    private var order: [VerificationJob] = []

    /// - Parameters:
    ///   - credits: requests that one verifier may have open for this worker.
    ///   - maximumAttempts: verifiers tried before a response counts as unknown; nil to try until one judges.
    ///   - maximumCrashes: judges that may die of a response before it counts as unknown.
    package init(credits: Int, maximumAttempts: Int?, maximumCrashes: Int) {
        precondition(
            credits > 0 && maximumAttempts ?? 1 > 0 && maximumCrashes > 0, "a queue that may never ask would never end")
        self.credits = credits
        self.maximumAttempts = maximumAttempts
        self.maximumCrashes = maximumCrashes
    }

    package var verifiers: [String] { outstanding.keys.sorted() }
    /// Jobs without a verdict, at a verifier or queued.
    package var pendingCount: Int { pending.count }
    /// Jobs that no verifier has taken yet.
    package var queuedCount: Int { order.count }
    /// The verifier with most open requests, if any has one.
    package var busiest: String? {
        outstanding.filter { $0.value > 0 }.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    /// Since when a verdict has been waited for, by who owes it; jobs that nobody can be asked about wait for any verifier.
    package var waits: [String: ContinuousClock.Instant] {
        var oldest: [String: ContinuousClock.Instant] = [:]
        for state in pending.values where state.verifier != nil || outstanding.isEmpty {
            let owner = state.verifier ?? "any reward verifier"
            oldest[owner] = min(oldest[owner] ?? state.since, state.since)
        }
        return oldest
    }

    /// Makes the known verifiers exactly `names`. Jobs at a verifier that left are queued again.
    package mutating func setVerifiers(_ names: Set<String>) {
        for name in outstanding.keys where !names.contains(name) {
            outstanding[name] = nil
            pauses[name] = nil
            for (job, state) in pending where state.verifier == name {
                pending[job]?.verifier = nil
                order.append(job)
            }
        }
        order.sort { ($0.leaseID, $0.sample) < ($1.leaseID, $1.sample) }
        for name in names where outstanding[name] == nil { outstanding[name] = 0 }
    }

    package mutating func add(_ job: VerificationJob, now: ContinuousClock.Instant) {
        guard pending[job] == nil else { return }
        pending[job] = Pending(since: now)
        order.append(job)
    }

    /// Forgets every job of a lease that is no longer ours.
    package mutating func cancel(leaseID: UInt64) {
        order.removeAll { $0.leaseID == leaseID }
        for (job, state) in pending where job.leaseID == leaseID {
            pending[job] = nil
            release(state.verifier)
        }
    }

    /// Requests to make now: oldest job first, each to the verifier with the fewest open requests, one that has not failed
    /// the job before if there is any.
    package mutating func dispatch(now: ContinuousClock.Instant) -> [Dispatch] {
        pauses = pauses.filter { $0.value > now }
        var room = outstanding.filter { $0.value < credits && pauses[$0.key] == nil }
        var dispatches: [Dispatch] = []
        var skipped: [VerificationJob] = []
        var next = 0
        while next < order.count, !room.isEmpty {
            let job = order[next]
            next += 1
            guard let verifier = choose(for: job, among: room, now: now) else {
                skipped.append(job)
                continue
            }
            let count = outstanding[verifier, default: 0] + 1
            outstanding[verifier] = count
            room[verifier] = count < credits ? count : nil
            pending[job]?.verifier = verifier
            pending[job]?.since = now
            if pending[job]?.failedVerifiers.contains(verifier) ?? false {
                // A new round: every other one is to have its turn in it, too.
                pending[job]?.failedVerifiers = []
                pending[job]?.refusingVerifiers = []
            }
            dispatches.append(Dispatch(job: job, verifier: verifier))
        }
        order.replaceSubrange(..<next, with: skipped)
        return dispatches
    }

    /// When the first pause of a verifier or a job ends that has not ended, if jobs wait.
    package func nextPauseEnd(after now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        guard !order.isEmpty else { return nil }
        return (Array(pauses.values) + order.compactMap { pending[$0]?.againAt }).filter { $0 > now }.min()
    }

    /// Settles a job with a verdict from `verifier`. False when the verdict is not awaited (late or repeated).
    package mutating func settle(_ job: VerificationJob, from verifier: String) -> Bool {
        guard let state = pending[job], state.verifier == verifier else { return false }
        pending[job] = nil
        release(verifier)
        return true
    }

    /// Books a failed attempt.
    package mutating func fail(
        _ job: VerificationJob, at verifier: String, because failure: Failure, now: ContinuousClock.Instant
    ) -> Outcome {
        guard var state = pending[job], state.verifier == verifier else { return .notPending }
        release(verifier)
        state.failedVerifiers.insert(verifier)
        if failure == .notOffered { state.refusingVerifiers.insert(verifier) }
        // A refusal is no attempt, unless nobody does anything else.
        if failure != .notOffered || state.refusingVerifiers.isSuperset(of: outstanding.keys) { state.attempts += 1 }
        state.crashes += failure == .crash ? 1 : 0
        state.verifier = nil
        guard state.attempts < maximumAttempts ?? .max, state.crashes < maximumCrashes else {
            pending[job] = nil
            return .exhausted(attempts: state.attempts)
        }
        state.againAt = now + Self.pauseBetweenRounds
        pending[job] = state
        order.insert(job, at: 0)
        return .willRetry
    }

    /// The verifier has too much to do: the job waits for another one, or for the end of the pause. Nobody failed.
    package mutating func pause(
        _ verifier: String, until end: ContinuousClock.Instant, returning job: VerificationJob
    ) {
        pauses[verifier] = end
        takeBack(job, from: verifier)
    }

    /// Takes a job back whose request was withdrawn on this side, since the connection was closed: nobody failed.
    package mutating func takeBack(_ job: VerificationJob, from verifier: String) {
        guard pending[job]?.verifier == verifier else { return }
        release(verifier)
        pending[job]?.verifier = nil
        order.insert(job, at: 0)
    }

    private func choose(
        for job: VerificationJob, among free: [String: Int], now: ContinuousClock.Instant
    ) -> String? {
        let failed = pending[job]?.failedVerifiers ?? []
        let untried = free.filter { !failed.contains($0.key) }
        // A second chance at a verifier that failed the job, only when no other one is known at all, and after a while.
        let isAgain = untried.isEmpty && failed.isSuperset(of: outstanding.keys) && pending[job]?.againAt ?? now <= now
        let candidates = isAgain ? free : untried
        return candidates.min { ($0.value, $0.key) < ($1.value, $1.key) }?.key
    }

    private mutating func release(_ verifier: String?) {
        if let verifier, let count = outstanding[verifier] { outstanding[verifier] = max(0, count - 1) }
    }
}
