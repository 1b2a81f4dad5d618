package import RunStore
import Session
package import Transport
package import Wire

/// All of the learner's decisions except the arithmetic: who takes part, who generates what, which groups are trained,
/// which version is out.
///
/// Role: a state machine; messages, the clock and finished steps go in, actions come out, and nothing is performed here.
/// Owner: the learner actor, which performs the actions in order. Invariants: promise 1, `ledger.conservation.holds`; what
/// happens is recorded before anything is said about it.
package struct LearnerCore<Peer: Sendable & Hashable>: Sendable {
    /// What the actor has to do, in order.
    package enum Action: Sendable {
        case send(Message, to: Peer, inReplyTo: UInt64)
        /// To be sent once everything recorded so far survives a crash: the other side will forget what it has.
        case confirm(Message, to: Peer, inReplyTo: UInt64)
        case record([RunRecord])
        case report(LearnerEvent)
    }

    package let settings: LearnerSettings
    let prompts: PromptCache
    package internal(set) var ledger: Ledger
    package internal(set) var membership: Membership
    var shelf: SnapshotShelf
    /// SHA-256 of the versions that may still be consumed.
    var publishedHashes: [UInt64: [UInt8]] = [:]
    /// Payloads of the buffered groups.
    var experiences: [UInt64: Experience] = [:]
    var experienceBytes = 0
    /// Groups just accepted, until they are recorded.
    var arrivals: [UInt64: StoredGroup] = [:]
    /// Workers that hold leases of the learner's former life, and until when they may come back.
    var awaited: (workers: Set<WorkerIdentity>, deadline: ContinuousClock.Instant)?
    /// Which connection a member's life speaks through.
    var members: [Peer: Member] = [:]
    var peers: [Membership.Key: Peer] = [:]
    /// Submissions not taken, by reason.
    package internal(set) var refusals: [String: UInt64] = [:]
    /// What the verdicts of the groups taken on say of those who judge.
    package internal(set) var verdicts: VerdictWatch
    /// Set when the run is over: every member is asked to leave.
    package internal(set) var isStopping = false
    /// While set nothing is leased: the policy is not back yet, or the journal cannot be written.
    package var isPaused = false

    package init(settings: LearnerSettings, prompts: any PromptSource) {
        self.settings = settings
        self.prompts = PromptCache(prompts)
        ledger = Ledger(
            limits: .init(
                schedule: settings.schedule, batchGroups: settings.batchGroups, leaseDuration: settings.leaseDuration,
                firstLeaseID: settings.incarnation, curriculum: settings.curriculum))
        verdicts = VerdictWatch(
            window: settings.batchGroups * settings.groupSize, alarmShare: settings.unknownAlarmShare)
        membership = Membership(runID: settings.runID, timeout: settings.memberTimeout)
        shelf = SnapshotShelf(capacity: settings.versionsServed)
    }

    /// The version that consumes the next batch.
    package var version: UInt64 { ledger.version }

    /// Takes one message.
    ///
    /// - Parameter key: with which the peer's connection was let in; nil in clear text.
    package mutating func receive(
        _ envelope: Envelope, from peer: Peer, key: AllowedKey? = nil, now: ContinuousClock.Instant
    ) -> [Action] {
        recorded(answer(envelope, from: peer, key: key, now: now))
    }

    private mutating func answer(
        _ envelope: Envelope, from peer: Peer, key: AllowedKey?, now: ContinuousClock.Instant
    ) -> [Action] {
        if case .hello(let hello) = envelope.message {
            if let failure = key?.refusal(of: hello.member) {
                return refuse(hello.member, failure, to: peer, envelope.messageID)
            }
            return admit(hello, from: peer, envelope.messageID, now: now)
        }
        guard let member = members[peer] else {
            let failure = Failure(code: .unknownMember, message: "this learner does not know you: say hello first")
            return [.send(.failure(failure), to: peer, inReplyTo: envelope.messageID)]
        }
        func reply(_ message: Message) -> Action { .send(message, to: peer, inReplyTo: envelope.messageID) }
        switch envelope.message {
        case .heartbeat(let heartbeat):
            return [reply(answer(heartbeat, from: member, now: now))]
        case .goodbye(let goodbye):
            return remove(member, reason: "goodbye: \(goodbye.reason)")
        case .leaseRequest(let request):
            return [reply(.leaseGrant(grant(request, to: member, now: now)))]
        case .leaseReturn(let returned):
            let groups = ledger.giveBack(returned.leaseIDs, by: WorkerIdentity(member), failed: returned.failed)
            return [.report(.leasesTakenBack(groups: groups, from: member, reason: returned.reason))]
        case .groupSubmission(let submission):
            let (receipt, events) = judge(submission, from: member)
            return [.confirm(.receipt(receipt), to: peer, inReplyTo: envelope.messageID)] + events.map(Action.report)
        case .fetch(let fetch):
            return [reply(shelf.answer(fetch, maximumChunkBytes: settings.chunkBytes))]
        case .publishReceipt(let receipt):
            return [.report(.versionServed(receipt.version, by: member))]
        case .failure(let failure):
            return [.report(.memberFailed(member, failure))]
        default:
            let failure = Failure(
                code: .unauthorised, message: "a learner does not take this message from a \(member.role.rawValue)")
            return [reply(.failure(failure))]
        }
    }

    /// Does what time demands: ends leases and memberships that are over.
    package mutating func tick(now: ContinuousClock.Instant) -> [Action] {
        var actions = giveUpAwaited(now: now)
        for member in membership.expire(now: now) {
            actions += forget(member, reason: "silent for \(settings.memberTimeout)")
        }
        let expired = ledger.expire(now: now)
        if !expired.isEmpty {
            actions.append(.report(.leasesTakenBack(groups: expired, from: nil, reason: "lease deadline passed")))
        }
        return recorded(actions)
    }
}
