import Configuration
import Learner
import Model
import ModelTestSupport
import Reward
import RunStore
import Testing
import Wire

/// A learner's decisions without sockets: peers are named by strings, and time passes only when the test says so.
struct LearnerFixture {
    var core: LearnerCore<String>
    var now = ContinuousClock.now
    /// What the core wrote down since this was last emptied.
    var records: [RunRecord] = []
    /// Windows with too many unknown verdicts.
    var alarms: [VerdictWatch.Window] = []
    /// Sources of the task that were opened.
    var opened: [Int] = []
    private let settings: LearnerSettings
    private var lastMessageID: UInt64 = 0

    /// Two responses per group, one group per batch, staleness at most 2, unless `change` says otherwise.
    init(_ change: (inout LearnerSettings) -> Void = { _ in }) throws {
        var run = RunConfiguration()
        run.run.name = "alpha"
        run.run.seed = 42
        run.rollout.groupSize = 2
        run.rollout.maxResponseTokens = 8
        run.schedule.maxStaleness = 2
        run.batch.groups = 1
        run.batch.miniBatches = 1
        run.cluster.leaseSeconds = 30
        run.cluster.memberTimeoutSeconds = 10
        let configuration = RandomModel.configurations[2]
        let model = try ModelDirectory(
            configuration: configuration, policy: RandomModel.snapshot(configuration, seed: 1),
            companions: ["tokenizer.json": Array("{}".utf8)])
        var settings = LearnerSettings(run, model: model)
        change(&settings)
        self.settings = settings
        core = LearnerCore(settings: settings, prompts: NumberedPrompts())
        _ = publish(0)
    }

    /// The learner is killed, and another life goes on from its journal.
    mutating func restart(from database: RunDatabase) throws {
        let run = try database.restore(reissued: ["over_age", "unknown_reward"], acceptedLeases: 100_000)
        var settings = settings
        settings.incarnation = core.settings.incarnation + 1_000_000
        core = LearnerCore(settings: settings, prompts: NumberedPrompts())
        try core.goOn(from: database, run, now: now)
        let version = UInt64(run.lastStep)
        for version in version - min(version, 3)...version { publish(version) }
    }

    /// Books what the core says it did.
    mutating func note(_ actions: [LearnerCore<String>.Action]) {
        for case .record(let records) in actions { self.records += records }
        for case .report(.unknownShare(let window)) in actions { alarms.append(window) }
        for case .report(.sourceOpened(let source, _)) in actions { opened.append(source) }
    }

    mutating func disconnect(_ peer: String) { note(core.disconnected(peer)) }

    mutating func tick() { note(core.tick(now: now)) }

    /// Lets `peer` say something; what the learner answers to it.
    mutating func say(_ message: Message, _ peer: String) -> Message? {
        lastMessageID += 1
        let messageID = lastMessageID
        let envelope = Envelope(messageID: messageID, message: message)
        let actions = core.receive(envelope, from: peer, now: now)
        note(actions)
        for action in actions {
            switch action {
            case .send(let answer, peer, messageID), .confirm(let answer, peer, messageID): return answer
            default: continue
            }
        }
        return nil
    }

    /// A worker joins through the connection `peer`.
    mutating func join(_ id: String, incarnation: UInt64 = 1, role: Role = .rolloutWorker, through peer: String? = nil)
        -> Message?
    {
        let member = Member(role: role, id: id, incarnation: incarnation)
        return say(.hello(Hello(member: member, software: "test")), peer ?? id)
    }

    mutating func lease(_ peer: String, credits: UInt32 = 1) -> [Lease] {
        guard case .leaseGrant(let grant)? = say(.leaseRequest(.init(credits: credits, versionInUse: 0)), peer) else {
            Issue.record("\(peer) got no grant")
            return []
        }
        return grant.leases
    }

    mutating func submit(_ submission: GroupSubmission, _ peer: String) -> Receipt.Outcome? {
        guard case .receipt(let receipt)? = say(.groupSubmission(submission), peer) else { return nil }
        return receipt.outcome
    }

    mutating func heartbeat(_ peer: String, leases: [UInt64] = []) -> HeartbeatReply? {
        guard case .heartbeatReply(let reply)? = say(.heartbeat(Heartbeat(activeLeases: leases)), peer) else {
            return nil
        }
        return reply
    }

    /// Publishes a version; returns who was told to fetch it.
    @discardableResult
    mutating func publish(_ number: UInt64) -> [String] {
        let content: [UInt8] = [1, 2, 3, UInt8(truncatingIfNeeded: number)]
        let description = VersionDescription(
            number: number, sha256: Self.hash(number), byteCount: 4, precision: .fp32)
        let actions = core.publish(description, content: Frame(copying: content))
        note(actions)
        return actions.compactMap {
            if case .send(.publish(let publish), let peer, 0) = $0, publish.version == description { peer } else { nil }
        }
    }

    /// The versions that a broadcaster is told to fetch when it joins.
    mutating func publicationsToANewBroadcaster(_ id: String) -> [UInt64] {
        let hello = Hello(member: Member(role: .parameterBroadcaster, id: id, incarnation: 1), software: "test")
        return core.receive(Envelope(messageID: 1, message: .hello(hello)), from: id, now: now).compactMap {
            if case .send(.publish(let publish), id, 0) = $0 { publish.version.number } else { nil }
        }
    }

    static func hash(_ version: UInt64) -> [UInt8] { [UInt8](repeating: UInt8(truncatingIfNeeded: version), count: 32) }

    /// A group as a worker would send it: responses of two tokens, rewards as given, nil for unknown.
    static func group(_ lease: Lease, version: UInt64 = 0, rewards: [Double?] = [1, 0]) -> GroupSubmission {
        let records = rewards.enumerated().map { sample, reward in
            ResponseRecord(
                sample: UInt32(sample), tokenCount: 2,
                spans: [VersionSpan(version: version, sha256: hash(version), count: 2)],
                verdict: WireVerdict(
                    judgement: reward.map { $0 > 0 ? .correct(score: $0) : .wrong(score: $0) } ?? .unknown(.timeout)),
                finish: .stop)
        }
        return GroupSubmission(
            leaseID: lease.leaseID, groupID: lease.groupID, attempt: lease.attempt, responses: records,
            tokens: Array(repeating: 5, count: records.count * 2),
            logProbabilities: Array(repeating: -1, count: records.count * 2))
    }

    /// Trains on the next batch, if there is one, and publishes the version after it. The groups trained.
    mutating func step() -> [UInt64] {
        let (batch, actions) = core.takeBatch()
        note(actions)
        guard let batch else { return [] }
        let version = core.version + 1
        let step = FinishedStep(
            step: Int(version), version: version, sha256: Hexadecimal.text(Self.hash(version)), report: "{}",
            outcomes: [])
        note(core.finishStep(batch.map(\.groupID), step))
        publish(version)
        return batch.map(\.groupID)
    }
}

/// Prompts that name their index; those of a stage are all from its newest source.
struct NumberedPrompts: PromptSource {
    func sourceNumber(of index: UInt64) -> Int { PromptNumber(index).stage }

    func prompt(_ index: UInt64) -> LeasedPrompt {
        LeasedPrompt(tokens: [1, 2, Int32(index % 100)], text: "prompt \(index)", verifierKind: "exact", payload: [])
    }
}
