import Session
import Wire

extension LearnerCore {
    mutating func admit(
        _ hello: Hello, from peer: Peer, _ messageID: UInt64, now: ContinuousClock.Instant
    ) -> [Action] {
        switch membership.admit(hello, now: now) {
        case .refused(let failure):
            return refuse(hello.member, failure, to: peer, messageID)
        case .admitted(let replaced):
            var actions: [Action] = []
            if let replaced { actions += forget(replaced, reason: "replaced by a newer life") }
            actions += releaseFormerLives(of: hello.member)
            let key = Membership.Key(role: hello.member.role, id: hello.member.id)
            if let former = peers[key] { members[former] = nil }
            members[peer] = hello.member
            peers[key] = peer
            actions.append(.send(.welcome(welcome), to: peer, inReplyTo: messageID))
            actions.append(.report(.memberJoined(hello.member)))
            if hello.member.role == .parameterBroadcaster {
                actions += publications.map { .send(.publish($0), to: peer, inReplyTo: 0) }
            }
            return actions
        }
    }

    func refuse(_ member: Member, _ failure: Failure, to peer: Peer, _ messageID: UInt64) -> [Action] {
        [.send(.failure(failure), to: peer, inReplyTo: messageID), .report(.memberRefused(member, failure))]
    }

    mutating func answer(_ heartbeat: Heartbeat, from member: Member, now: ContinuousClock.Instant) -> Message {
        guard membership.heard(heartbeat, from: member, now: now) else {
            return .failure(Failure(code: .unknownMember, message: "'\(member.id)' was given up: say hello again"))
        }
        let lost = ledger.renew(heartbeat.activeLeases, by: WorkerIdentity(member), now: now)
        return .heartbeatReply(
            HeartbeatReply(
                membershipEpoch: membership.epoch, members: membership.members, newest: shelf.newest,
                expiredLeases: lost,
                stopRequested: isStopping))
    }

    /// A connection is gone: its member is, too, until it says hello again. What it held is leased again at once.
    package mutating func disconnected(_ peer: Peer) -> [Action] {
        recorded(members[peer].map { remove($0, reason: "connection lost") } ?? [])
    }

    /// What an earlier life of this worker held, known from before the learner's own restart, will not be delivered.
    private mutating func releaseFormerLives(of member: Member) -> [Action] {
        guard member.role == .rolloutWorker, let awaited else { return [] }
        let former = awaited.workers.filter { $0.id == member.id && $0.incarnation < member.incarnation }
        let groups = former.sorted { $0.incarnation < $1.incarnation }.flatMap { ledger.release($0) }
        return groups.isEmpty
            ? [] : [.report(.leasesTakenBack(groups: groups, from: member, reason: "replaced by a newer life"))]
    }

    /// Whether anybody could generate.
    package var hasWorkers: Bool { !membership.members(.rolloutWorker).isEmpty }

    /// A member says goodbye, or its connection is known to be dead.
    mutating func remove(_ member: Member, reason: String) -> [Action] {
        membership.remove(member) == nil ? [] : forget(member, reason: reason)
    }

    /// Takes back what a departed life held.
    mutating func forget(_ member: Member, reason: String) -> [Action] {
        let key = Membership.Key(role: member.role, id: member.id)
        if let peer = peers[key], members[peer] == member {
            members[peer] = nil
            peers[key] = nil
        }
        var actions: [Action] = [.report(.memberLeft(member, reason: reason))]
        let groups = ledger.release(WorkerIdentity(member))
        if !groups.isEmpty {
            actions.append(.report(.leasesTakenBack(groups: groups, from: member, reason: reason)))
        }
        return actions
    }

    private var welcome: Welcome {
        Welcome(
            runID: settings.runID, runSeed: settings.runSeed, learnerIncarnation: settings.incarnation,
            configurationJSON: settings.configurationJSON,
            heartbeatIntervalMilliseconds: UInt64(settings.heartbeatInterval / .milliseconds(1)),
            newest: shelf.newest, membershipEpoch: membership.epoch, members: membership.members,
            assets: settings.assets)
    }
}

extension WorkerIdentity {
    init(_ member: Member) {
        self.init(id: member.id, incarnation: member.incarnation)
    }
}
