import Configuration
import Execution
import Generation
import Logging
import Model
import Session
import Telemetry
import Transport
import Wire

/// The way of a group: lease → generation → verdicts → submission → receipt.
extension RolloutWorker: GeneratorDelegate {
    /// Does whatever is possible now; called after every change.
    func proceed() {
        askForLeases()
        askForVerdicts()
        noteWait()
    }

    // MARK: Leases

    private func askForLeases() {
        let credits = book.credits
        guard credits > 0, !isAskingForLeases, !isLeaving, let session, session.isJoined, let installed else { return }
        guard leasesNotBefore <= .now else { return alarm.set(at: leasesNotBefore) }
        isAskingForLeases = true
        let request = LeaseRequest(credits: UInt32(credits), versionInUse: installed.number)
        ask(.leaseRequest(request), name: "lease request to learner") { worker, answer in
            worker.isAskingForLeases = false
            worker.take(answer)
            worker.proceed()
        }
    }

    private func take(_ answer: Result<Message, TransportError>) {
        switch answer {
        case .success(.leaseGrant(let grant)) where isLeaving:
            send(.leaseReturn(LeaseReturn(leaseIDs: grant.leases.map(\.leaseID), reason: "worker leaves")))
        case .success(.leaseGrant(let grant)) where !grant.leases.isEmpty:
            book.begin(grant.leases)
            early += grant.leases
            weights?.require(grant.versions)
            beginGenerating()
        case .success(.leaseGrant(let grant)):
            HoldPoint.idle.reach()
            pauseLeases(for: max(.milliseconds(10), .milliseconds(Int64(clamping: grant.retryAfterMilliseconds))))
        case .success:
            log.warning("unexpected_answer", metadata: ["to": "lease request"])
            pauseLeases(for: .seconds(1))
        case .failure(let error):
            if case .closed = error { return }
            log.debug("lease_request_failed", metadata: ["reason": "\(error)"])
            pauseLeases(for: .milliseconds(500))
        }
    }

    private func pauseLeases(for delay: Duration) {
        leasesNotBefore = max(leasesNotBefore, .now + delay)
    }

    // MARK: Generation

    /// Begins the leases whose version is loaded; called at every grant and every installed version.
    func beginGenerating() {
        guard let generator, let weights, let installed else { return }
        func isReady(_ lease: Lease) -> Bool {
            lease.exactVersion.map { weights.wanted.held($0) != nil } ?? (lease.minimumVersion <= installed.number)
        }
        let ready = early.filter(isReady)
        guard !ready.isEmpty else { return }
        early.removeAll(where: isReady)
        Task { await generator.admit(ready) }
    }

    func generated(_ draft: GeneratedDraft) {
        let tokens = draft.submission.tokens.count
        meter.add(tokens, now: .now)
        for job in book.generated(draft.submission, texts: draft.texts) { queue.add(job, now: .now) }
        releaseVersions()
        proceed()
    }

    /// Hands the lease back: another version of the policy may do better, and the learner counts the failures of a group.
    func generationFailed(_ lease: Lease, reason: String) {
        log.error("generation_failed", metadata: ["group": .number(lease.groupID), "reason": "\(reason)"])
        giveBack(lease.leaseID, reason: "generation_failed", detail: reason, failed: true)
        pauseLeases(for: .seconds(1))
        proceed()
    }

    /// The version was released before its lease began: it is fetched again.
    func versionMissing(_ lease: Lease) {
        guard book.isUnfinished(lease.leaseID) else { return }
        early.append(lease)
        beginGenerating()
        proceed()
    }

    /// Gives back the leases of versions that are still to be fetched: only a new grant says again what they are.
    func giveBackUnheld() {
        let unheld = early.filter { lease in lease.exactVersion.map { weights?.wanted.held($0) == nil } ?? false }
        guard !unheld.isEmpty else { return }
        for lease in unheld { abandon(lease.leaseID, reason: "version_forgotten") }
        let reason = "the learner was restarted before their version was here"
        send(.leaseReturn(LeaseReturn(leaseIDs: unheld.map(\.leaseID), reason: reason)))
    }

    /// Gives up a lease. `failed`: no other worker would do better with its group.
    private func giveBack(_ leaseID: UInt64, reason: String, detail: String, failed: Bool) {
        abandon(leaseID, reason: reason)
        send(.leaseReturn(LeaseReturn(leaseIDs: [leaseID], reason: detail, failed: failed)))
    }

    // MARK: Verdicts

    private func askForVerdicts() {
        guard let verifiers else { return }
        let timeout = Duration.seconds(settings.rollout.verifyTimeoutSeconds)
        let now = ContinuousClock.now
        for dispatch in queue.dispatch(now: now) {
            guard let (lease, response) = book.verification(of: dispatch.job) else {
                queue.cancel(leaseID: dispatch.job.leaseID)
                continue
            }
            verifiers.ask(dispatch.verifier, about: response, of: lease, timeout: timeout) { [weak self] outcome in
                self?.assumeIsolated { $0.judged(dispatch, outcome) }
            }
        }
        if let end = queue.nextPauseEnd(after: now) { alarm.set(at: end) }
    }

    private func judged(_ dispatch: VerificationQueue.Dispatch, _ outcome: VerifierLinks.Outcome) {
        switch outcome {
        case .judged(let verdict):
            switch verdict.judgement {
            case .unknown(.overload):
                // It has not judged: another one may, or it later.
                queue.pause(dispatch.verifier, until: .now + .milliseconds(250), returning: dispatch.job)
            case .unknown(.crash):
                fail(dispatch, because: .crash, reason: .crash, verdict.detail)
            default:
                if queue.settle(dispatch.job, from: dispatch.verifier) { record(verdict, for: dispatch.job) }
            }
        case .failed(.closed):
            // The verifier left the run. Not asked again here: the membership's news, which closed it, are not digested yet.
            return queue.takeBack(dispatch.job, from: dispatch.verifier)
        case .failed(.refused(_, _, let failure)) where failure.code == .notOffered:
            fail(dispatch, because: .notOffered, reason: .unsupported, failure.message)
        case .failed(let error):
            fail(dispatch, because: .unanswered, reason: .timeout, "\(error)")
        }
        proceed()
    }

    private func fail(
        _ dispatch: VerificationQueue.Dispatch, because failure: VerificationQueue.Failure,
        reason: WireVerdict.UnknownReason, _ detail: String
    ) {
        let outcome = queue.fail(dispatch.job, at: dispatch.verifier, because: failure, now: .now)
        guard case .exhausted(let attempts) = outcome else { return }
        let detail = "no verdict after \(attempts) attempts; last: \(detail)"
        log.warning("verdict_unknown", metadata: ["reason": "\(reason.rawValue)", "detail": "\(detail)"])
        record(WireVerdict(judgement: .unknown(reason), detail: detail), for: dispatch.job)
    }

    private func record(_ verdict: WireVerdict, for job: VerificationJob) {
        guard let submission = book.judged(job, verdict, now: .now) else { return }
        completedGroups += 1
        completedResponses += submission.responses.count
        submit(submission)
    }

    // MARK: Submission

    func submit(_ submission: GroupSubmission) {
        ask(.groupSubmission(submission), name: "group \(submission.groupID) to learner") { worker, answer in
            worker.settle(submission, answer)
        }
        HoldPoint.submission.reach()
    }

    private func settle(_ submission: GroupSubmission, _ answer: Result<Message, TransportError>) {
        switch answer {
        case .success(.receipt(let receipt)):
            guard book.forget(receipt.leaseID) != nil else { return }
            switch receipt.outcome {
            case .accepted, .duplicate: break
            case .overAge: drops.add(reason: "over_age")
            case .unknownLease: drops.add(reason: "lease_lost")
            case .rejected(let code, let message):
                drops.add(reason: code)
                log.error("group_rejected", metadata: ["group": .number(receipt.groupID), "reason": "\(message)"])
            }
        case .failure(.refused(_, _, let failure)) where failure.code == .malformed || failure.code == .oversized:
            // Sending the same bytes again cannot help: the lease goes back, and somebody else generates the group.
            log.error(
                "group_refused", metadata: ["group": .number(submission.groupID), "reason": "\(failure.message)"])
            giveBack(
                submission.leaseID, reason: failure.code.rawValue, detail: failure.message,
                failed: settings.countsRefusals)
        case .failure(.notEncodable(_, let error)):
            log.error("group_not_sendable", metadata: ["group": .number(submission.groupID), "reason": "\(error)"])
            giveBack(
                submission.leaseID, reason: error.reason, detail: "\(error)", failed: settings.countsRefusals)
        case .success, .failure:
            // It stays in the outbox and is sent again: when the learner is back, or after the resend time.
            log.debug("receipt_missing", metadata: ["group": .number(submission.groupID)])
        }
        leaveIfDone()
        proceed()
    }

    /// Gives up a lease that is lost or handed back.
    func abandon(_ leaseID: UInt64, reason: String) {
        guard let lease = book.forget(leaseID) else { return }
        drops.add(reason: reason)
        early.removeAll { $0.leaseID == leaseID }
        queue.cancel(leaseID: leaseID)
        let generator = generator
        Task { await generator?.cancel(lease) }
    }

    // MARK: Talking to the learner

    private func ask(
        _ message: Message, name: String,
        then completion: @escaping @Sendable (isolated RolloutWorker, Result<Message, TransportError>) -> Void
    ) {
        let deadline = Duration.seconds(settings.cluster.requestTimeoutSeconds)
        do throws(TransportError) {
            guard let session else { return }
            try session.dealer.request(message, deadline: deadline, name: name) { [weak self] answer in
                self?.assumeIsolated { completion($0, answer) }
            }
        } catch {
            // As if the answer had been lost; called later, so that no completion runs before this returns.
            let failure = error
            Task { completion(self, .failure(failure)) }
        }
    }

    func send(_ message: Message) {
        do throws(TransportError) {
            try session?.dealer.send(message)
        } catch {
            // One-way messages only make it faster: the learner's deadlines do the same later.
            log.debug("not_sent", metadata: ["reason": "\(error)"])
        }
    }
}
