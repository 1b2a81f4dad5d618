import Model
import Objective
package import RunStore
import Session
import Wire

extension LearnerCore {
    /// Leases in one answer, whose envelope must stay below the protocol's limit even with long prompts.
    private static var leasesPerGrant: UInt32 { 16 }

    /// Leases up to the credits asked for. Without room or at the end of the run: none, and when to ask again.
    mutating func grant(_ request: LeaseRequest, to member: Member, now: ContinuousClock.Instant) -> LeaseGrant {
        guard member.role == .rolloutWorker, !isStopping, !isPaused else {
            return LeaseGrant(leases: [], retryAfterMilliseconds: 1_000)
        }
        let leases = ledger.grant(
            to: WorkerIdentity(member), credits: Int(min(request.credits, Self.leasesPerGrant)),
            onlyForNextBatch: experienceBytes >= settings.bufferBytes, now: now
        ).map(describe)
        return LeaseGrant(
            leases: leases, retryAfterMilliseconds: leases.isEmpty ? 50 : 0,
            versions: Set(leases.compactMap(\.exactVersion)).sorted().map(published))
    }

    private func published(_ version: UInt64) -> VersionDescription {
        guard let description = shelf.description(of: version) else {
            preconditionFailure("version \(version) must generate a group, but is not served; held: \(shelf.versions)")
        }
        return description
    }

    private func describe(_ granted: GrantedLease) -> Lease {
        let prompt = prompts.prompt(granted.promptIndex)
        let oldest = version - min(version, settings.schedule.staleness)
        return Lease(
            leaseID: granted.leaseID, groupID: granted.groupID, attempt: granted.attempt, prompt: prompt.tokens,
            promptText: prompt.text, samples: UInt32(settings.groupSize), maximumTokens: UInt32(settings.maximumTokens),
            temperature: settings.temperature, stopTokens: settings.stopTokens,
            minimumVersion: granted.exactVersion ?? oldest, exactVersion: granted.exactVersion,
            deadlineMilliseconds: UInt64(settings.leaseDuration / .milliseconds(1)), verifierKind: prompt.verifierKind,
            verificationPayload: prompt.payload, thinkingBudget: settings.thinkingBudget)
    }

    /// Judges a submitted group: refused when it does not fit the model or its lease, else booked and kept.
    mutating func judge(_ submission: GroupSubmission, from member: Member) -> (Receipt, [LearnerEvent]) {
        func receipt(_ outcome: Receipt.Outcome) -> Receipt {
            Receipt(leaseID: submission.leaseID, groupID: submission.groupID, outcome: outcome)
        }
        let worker = WorkerIdentity(member)
        guard let lent = ledger.lent(leaseID: submission.leaseID, groupID: submission.groupID, to: worker) else {
            let outcome: Receipt.Outcome = ledger.wasAccepted(submission.leaseID) ? .duplicate : .unknownLease
            refusals[outcome == .duplicate ? "duplicate" : "unknown_lease", default: 0] += 1
            return (receipt(outcome), [])
        }
        do {
            let experience = try admissible(submission, lent)
            arrivals[submission.groupID] = StoredGroup(submission, experience, worker: member.id)
            let decision = ledger.submit(
                leaseID: submission.leaseID, groupID: submission.groupID, by: worker,
                oldestVersion: experience.oldestVersion)
            precondition(decision == .accept, "the lease was just found to be live")
            ledger.note(outcome(of: experience), of: experience.groupID)
            let alarm =
                verdicts.add(experience.responses.map(\.unknownReason)).map { [LearnerEvent.unknownShare($0)] } ?? []
            if version > experience.oldestVersion + settings.schedule.staleness {
                ledger.drop(experience.groupID, reason: .overAge)
                return (receipt(.overAge), alarm + [.overAge(groups: [experience.groupID])])
            }
            experiences[experience.groupID] = experience
            experienceBytes += experience.byteCount
            return (receipt(.accepted), alarm + dropIfUseless(experience))
        } catch {
            refusals[error.code, default: 0] += 1
            _ = ledger.giveBack([submission.leaseID], by: worker, failed: settings.schedule.countsRefusals)
            let event = LearnerEvent.groupRefused(
                groupID: submission.groupID, from: member, reason: error.code, message: error.message)
            return (receipt(.rejected(code: error.code, message: error.message)), [event])
        }
    }

    private func admissible(
        _ submission: GroupSubmission, _ lent: (promptIndex: UInt64, exactVersion: UInt64?)
    ) throws(SubmissionRefusal) -> Experience {
        let prompt = prompts.prompt(lent.promptIndex)
        do {
            try submission.validate(
                vocabularySize: settings.vocabularySize, routing: settings.routing, promptLength: prompt.tokens.count,
                samples: settings.groupSize, maximumTokens: settings.maximumTokens)
        } catch {
            throw SubmissionRefusal(code: error.code, message: error.description)
        }
        for span in submission.responses.flatMap(\.spans) {
            // Versions older than these are over-age, which the batch's bound finds and counts.
            let isKnown = publishedHashes[span.version].map { $0 == span.sha256 } ?? (span.version < version)
            guard isKnown else { throw .unknownVersion(span, newest: version) }
            if let exact = lent.exactVersion, span.version != exact { throw .wrongVersion(span, expected: exact) }
        }
        do {
            return try Experience(submission, promptIndex: lent.promptIndex, prompt: prompt.tokens)
        } catch {
            throw SubmissionRefusal(code: "routes", message: error.description)
        }
    }

    private func outcome(of experience: Experience) -> Curriculum.Outcome {
        Curriculum.Outcome(
            source: prompts.sourceNumber(of: experience.promptIndex),
            correct: experience.responses.count(where: \.isCorrect),
            judged: experience.responses.count { $0.reward != nil })
    }

    /// A group with fewer than two known rewards has nothing to compare: it is dropped, with the reason, not scored 0. So is
    /// one whose rewards are all equal, if the run samples dynamically.
    private mutating func dropIfUseless(_ experience: Experience) -> [LearnerEvent] {
        let rewards = experience.responses.map(\.reward)
        if rewards.count(where: { $0 != nil }) < 2 {
            ledger.drop(experience.groupID, reason: .unknownReward)
        } else if settings.samplesDynamically, !DynamicSampling.isInformative(rewards: rewards) {
            ledger.drop(experience.groupID, reason: .uninformative)
        } else {
            return []
        }
        discard([experience.groupID])
        return []
    }

    /// The batch of the next step, if the buffer holds one; groups beyond the staleness bound are dropped on the way.
    package mutating func takeBatch() -> (batch: [Experience]?, actions: [Action]) {
        guard !isStopping, !isPaused else { return (nil, []) }
        let (decision, overAge) = ledger.formBatch()
        discard(overAge)
        var actions: [Action] = overAge.isEmpty ? [] : [.report(.overAge(groups: overAge))]
        guard case .ready(let groups) = decision else { return (nil, recorded(actions)) }
        actions =
            recorded(actions) + [
                .record([.stepBegun(step: Int(version) + 1, consumingVersion: version, groupIDs: groups)])
            ]
        let batch = groups.map { groupID -> Experience in
            guard let experience = experiences[groupID] else {
                preconditionFailure("group \(groupID) is buffered without its payload")
            }
            return experience
        }
        return (batch, actions)
    }

    /// Books a completed step.
    package mutating func finishStep(_ groups: [UInt64], _ step: FinishedStep) -> [Action] {
        let opening = ledger.trained(groups).map { rate in
            Action.report(.sourceOpened(ledger.curriculum.stage, successRate: rate))
        }
        discard(groups)
        return recorded([]) + [.record([.stepFinished(step)])] + (opening.map { [$0] } ?? [])
    }

    private mutating func discard(_ groups: [UInt64]) {
        for groupID in groups {
            if let experience = experiences.removeValue(forKey: groupID) { experienceBytes -= experience.byteCount }
        }
    }
}

/// Why a submission is not taken: a stable word for the counter, a sentence for people.
private struct SubmissionRefusal: Error {
    let code: String
    let message: String

    static func unknownVersion(_ span: VersionSpan, newest: UInt64) -> SubmissionRefusal {
        SubmissionRefusal(
            code: "unknown_version",
            message:
                "tokens of version \(span.version) with hash \(Hexadecimal.text(span.sha256.prefix(6))), which this "
                + "learner never published; its newest is \(newest)")
    }

    static func wrongVersion(_ span: VersionSpan, expected: UInt64) -> SubmissionRefusal {
        SubmissionRefusal(
            code: "wrong_version", message: "tokens of version \(span.version); the lease names version \(expected)")
    }
}
