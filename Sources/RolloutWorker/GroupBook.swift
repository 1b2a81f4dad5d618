package import Wire

/// Every group this worker is responsible for, from lease to receipt.
///
/// Role: the worker's trajectory life cycle; pure. Owner: the worker actor.
/// Invariants: a group is in one stage; a generated group stays here, and is sent again, until the learner's receipt;
/// groups in generation or verification never exceed `concurrentGroups`, the
/// outbox takes no more leases beyond its bounds in groups and bytes.
package struct GroupBook: Sendable {
    package struct Limits: Sendable {
        package let concurrentGroups: Int
        package let outboxGroups: Int
        package let outboxBytes: Int
        package let resendAfter: Duration

        package init(concurrentGroups: Int, outboxGroups: Int, outboxBytes: Int, resendAfter: Duration) {
            precondition(concurrentGroups > 0 && outboxGroups > 0, "a worker without room can do nothing")
            self.concurrentGroups = concurrentGroups
            self.outboxGroups = outboxGroups
            self.outboxBytes = outboxBytes
            self.resendAfter = resendAfter
        }
    }

    /// A generated group on its way to the learner: its verdicts are filled in as they come.
    private struct Draft: Sendable {
        var submission: GroupSubmission
        var missingVerdicts: Set<UInt32>
        let texts: [UInt32: String]
    }

    private enum Stage: Sendable {
        case generating
        case verifying(Draft)
        case awaitingReceipt(GroupSubmission, sentAt: ContinuousClock.Instant)
    }

    private struct Entry: Sendable {
        let lease: Lease
        var stage: Stage
    }

    private let limits: Limits
    private var entries: [UInt64: Entry] = [:]

    package init(limits: Limits) {
        self.limits = limits
    }

    /// Leases to ask for now.
    package var credits: Int {
        let outbox = outboxCount
        guard outbox < limits.outboxGroups, outboxBytes < limits.outboxBytes else { return 0 }
        let unfinished = entries.count - outbox
        return max(0, min(limits.concurrentGroups - unfinished, limits.outboxGroups - outbox))
    }

    /// Finished groups without a receipt.
    package var outboxCount: Int {
        entries.values.count { if case .awaitingReceipt = $0.stage { true } else { false } }
    }

    /// Memory of the finished groups, in bytes.
    package var outboxBytes: Int {
        entries.values.reduce(0) { sum, entry in
            if case .awaitingReceipt(let submission, _) = entry.stage { sum + submission.byteCount } else { sum }
        }
    }

    /// Whether a group still has responses to generate or to judge.
    package func isUnfinished(_ leaseID: UInt64) -> Bool {
        switch entries[leaseID]?.stage {
        case .generating, .verifying: true
        case .awaitingReceipt, nil: false
        }
    }

    package var activeLeases: [UInt64] { entries.keys.sorted() }
    package var isEmpty: Bool { entries.isEmpty }

    /// Leases whose responses are not all generated.
    package var generatingLeases: [UInt64] {
        entries.compactMap { if case .generating = $1.stage { $0 } else { nil } }.sorted()
    }

    /// Leases that still have responses to generate or to judge.
    package var unfinishedLeases: [Lease] {
        entries.values.filter { if case .awaitingReceipt = $0.stage { false } else { true } }.map(\.lease)
    }

    package func lease(_ leaseID: UInt64) -> Lease? { entries[leaseID]?.lease }

    /// Books granted leases.
    package mutating func begin(_ leases: [Lease]) {
        for lease in leases where entries[lease.leaseID] == nil {
            entries[lease.leaseID] = Entry(lease: lease, stage: .generating)
        }
    }

    /// Books a generated group and returns the responses to be judged; empty when the lease is no longer ours.
    package mutating func generated(_ submission: GroupSubmission, texts: [UInt32: String]) -> [VerificationJob] {
        guard case .generating? = entries[submission.leaseID]?.stage else { return [] }
        let samples = submission.responses.map(\.sample)
        entries[submission.leaseID]?.stage = .verifying(
            Draft(submission: submission, missingVerdicts: Set(samples), texts: texts))
        return samples.map { VerificationJob(leaseID: submission.leaseID, sample: $0) }
    }

    /// What a verifier is told about a job; nil when the job is settled or not ours.
    package func verification(of job: VerificationJob) -> (lease: Lease, response: String)? {
        guard let entry = entries[job.leaseID], case .verifying(let draft) = entry.stage,
            draft.missingVerdicts.contains(job.sample), let text = draft.texts[job.sample]
        else { return nil }
        return (entry.lease, text)
    }

    /// Books a verdict. Returns the group to submit once its last verdict is in.
    package mutating func judged(
        _ job: VerificationJob, _ verdict: WireVerdict, now: ContinuousClock.Instant
    ) -> GroupSubmission? {
        guard case .verifying(var draft)? = entries[job.leaseID]?.stage,
            draft.missingVerdicts.remove(job.sample) != nil,
            let index = draft.submission.responses.firstIndex(where: { $0.sample == job.sample })
        else { return nil }
        draft.submission.responses[index].verdict = verdict
        guard draft.missingVerdicts.isEmpty else {
            entries[job.leaseID]?.stage = .verifying(draft)
            return nil
        }
        entries[job.leaseID]?.stage = .awaitingReceipt(draft.submission, sentAt: now)
        return draft.submission
    }

    /// Finished groups to send again: all of them after a reconnect, else those without a receipt for too long.
    package mutating func takeResends(now: ContinuousClock.Instant, all: Bool = false) -> [GroupSubmission] {
        var resends: [GroupSubmission] = []
        for leaseID in activeLeases {
            guard case .awaitingReceipt(let submission, let sentAt)? = entries[leaseID]?.stage,
                all || now - sentAt >= limits.resendAfter
            else { continue }
            entries[leaseID]?.stage = .awaitingReceipt(submission, sentAt: now)
            resends.append(submission)
        }
        return resends
    }

    /// Forgets a lease: its receipt came, or it is somebody else's now. Returns it if it was ours.
    package mutating func forget(_ leaseID: UInt64) -> Lease? {
        entries.removeValue(forKey: leaseID)?.lease
    }
}

extension GroupSubmission {
    /// Memory that the group takes, in bytes.
    var byteCount: Int {
        let routes = (promptRoutes?.ids.count ?? 0) + (responseRoutes?.ids.count ?? 0)
        return tokens.count * 8 + routes * 2 + responses.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) }
    }
}
