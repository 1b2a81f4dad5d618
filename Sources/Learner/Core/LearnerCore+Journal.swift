import Model
import RunStore
import Session
import Wire

/// What the learner writes down, and how it goes on from there.
extension LearnerCore {
    /// `actions`, preceded by the record of what happened to the ledger and the members on the way to them.
    mutating func recorded(_ actions: [Action]) -> [Action] {
        var records: [RunRecord] = []
        for event in ledger.takeEvents() { records += self.records(of: event) }
        records += actions.compactMap(Self.membershipRecord)
        return records.isEmpty ? actions : [.record(records)] + actions
    }

    private mutating func records(of event: LedgerEvent) -> [RunRecord] {
        switch event {
        case .issued(let groupID, let promptIndex, let batch, let issue):
            let prompt = prompts.prompt(promptIndex)
            return [
                .prompt(
                    PromptRecord(
                        index: promptIndex, text: prompt.text, tokens: prompt.tokens,
                        verifierKind: prompt.verifierKind, payload: prompt.payload)),
                .issued(groupID: groupID, promptIndex: promptIndex, batch: batch, issue: issue),
            ]
        case .leased(let lease, let worker):
            return [
                .leased(
                    LeaseRecord(
                        leaseID: lease.leaseID, groupID: lease.groupID, attempt: lease.attempt, worker: worker.id,
                        incarnation: worker.incarnation, exactVersion: lease.exactVersion))
            ]
        case .leaseEnded(let leaseID, let groupID, let outcome):
            return [.leaseEnded(leaseID: leaseID, groupID: groupID, outcome: outcome.rawValue)]
        case .accepted(let groupID):
            guard let group = arrivals.removeValue(forKey: groupID) else {
                preconditionFailure("group \(groupID) was accepted without its content")
            }
            return [.accepted(group)]
        case .dropped(let groupID, let reason):
            return [.dropped(groupID: groupID, reason: reason.rawValue)]
        case .trained:
            // The step's own record says so.
            return []
        }
    }

    private static func membershipRecord(_ action: Action) -> RunRecord? {
        switch action {
        case .report(.memberJoined(let member)): .memberJoined(MemberRecord(member))
        case .report(.memberLeft(let member, let reason)): .memberLeft(MemberRecord(member), reason: reason)
        default: nil
        }
    }

    // MARK: Going on

    /// Takes up the ledger of the run's former life.
    ///
    /// - Parameters:
    ///   - experiences: the buffered groups.
    ///   - decided: the batch of the step that was under way, if one was.
    ///   - verdicts: what the curriculum counts; empty without one.
    mutating func restore(
        _ run: StoredRun, experiences: [Experience], decided: [UInt64]?, verdicts: [GroupVerdicts],
        now: ContinuousClock.Instant
    ) {
        ledger.restore(run, decided: decided, verdicts: verdicts, source: prompts.sourceNumber, now: now)
        for experience in experiences {
            self.experiences[experience.groupID] = experience
            experienceBytes += experience.byteCount
        }
        for (version, hash) in run.hashes { publishedHashes[version] = Hexadecimal.bytes(hash) }
        let holders = ledger.holders
        awaited = holders.isEmpty ? nil : (holders, now + settings.memberTimeout)
    }

    /// Workers that do not come back after the learner's restart lose their leases as if they had fallen silent.
    mutating func giveUpAwaited(now: ContinuousClock.Instant) -> [Action] {
        guard let awaited, now >= awaited.deadline else { return [] }
        self.awaited = nil
        let present = Set(membership.members(.rolloutWorker).map { WorkerIdentity($0) })
        let groups = awaited.workers.subtracting(present).sorted { $0.id < $1.id }.flatMap { ledger.release($0) }
        return groups.isEmpty
            ? [] : [.report(.leasesTakenBack(groups: groups, from: nil, reason: "worker did not come back"))]
    }
}

extension MemberRecord {
    init(_ member: Member) {
        self.init(role: member.role.rawValue, id: member.id, incarnation: member.incarnation)
    }
}
