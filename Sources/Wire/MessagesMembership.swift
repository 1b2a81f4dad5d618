/// The part a process takes in a run.
package enum Role: String, Sendable, Equatable, CaseIterable {
    case learner
    case rolloutWorker = "rollout-worker"
    case rewardVerifier = "reward-verifier"
    case parameterBroadcaster = "parameter-broadcaster"
    /// Looks on (status, report) and takes no work.
    case tool
}

/// Where a member can be reached, and for what.
package struct Endpoint: Sendable, Hashable {
    package enum Purpose: String, Sendable, Equatable, CaseIterable {
        /// Answers requests (ROUTER): verdicts at a verifier, chunks at a broadcaster or the learner.
        case serving
        /// Publishes version notices (PUB).
        case notices
    }

    package var purpose: Purpose
    /// A ZeroMQ endpoint that other hosts can connect to, such as "tcp://10.0.0.7:41233" or "ipc:///run/apus/verifier".
    package var address: String
    /// The CURVE public key that answers there, 32 bytes; empty = clear text.
    package var serverKey: [UInt8]

    package init(purpose: Purpose, address: String, serverKey: [UInt8] = []) {
        self.purpose = purpose
        self.address = address
        self.serverKey = serverKey
    }
}

/// One process of a run.
package struct Member: Sendable, Equatable {
    package var role: Role
    /// Unique among the members of its role; survives restarts. Not empty.
    package var id: String
    /// Greater at each start of the process with this id, so that an older life of it is recognised and ignored.
    package var incarnation: UInt64
    package var endpoints: [Endpoint]

    package init(role: Role, id: String, incarnation: UInt64, endpoints: [Endpoint] = []) {
        self.role = role
        self.id = id
        self.incarnation = incarnation
        self.endpoints = endpoints
    }

    /// Where the member can be reached for `purpose`, if it offers that.
    package func endpoint(for purpose: Endpoint.Purpose) -> Endpoint? {
        endpoints.first { $0.purpose == purpose }
    }
}

/// Asks to take part in the run. See `Message.hello`.
package struct Hello: Sendable, Equatable {
    /// `WireProtocol.version` of the sender.
    package var protocolVersion: UInt32
    /// The run to join; empty = whichever run the learner has.
    package var runID: String
    package var member: Member
    /// Name and version of the sender's program, for the log.
    package var software: String
    /// Kinds of tasks that a reward verifier can judge, such as "countdown". Empty for other roles.
    package var verifierKinds: [String]

    package init(
        protocolVersion: UInt32 = WireProtocol.version, runID: String = "", member: Member, software: String,
        verifierKinds: [String] = []
    ) {
        self.protocolVersion = protocolVersion
        self.runID = runID
        self.member = member
        self.software = software
        self.verifierKinds = verifierKinds
    }
}

/// A file that belongs to the policy (config.json, tokenizer.json, generation_config.json); travels as one tensor frame.
package struct Asset: Sendable, Equatable {
    /// A file name without directories.
    package var name: String
    package var content: Frame

    package init(name: String, content: Frame) {
        self.name = name
        self.content = content
    }
}

/// What the run is, told to a new member. See `Message.welcome`.
package struct Welcome: Sendable, Equatable {
    package var runID: String
    /// Key of every random number of the run.
    package var runSeed: UInt64
    package var learnerIncarnation: UInt64
    /// The run's resolved configuration, a JSON object in UTF-8.
    package var configurationJSON: [UInt8]
    /// How often the member must send `heartbeat`.
    package var heartbeatIntervalMilliseconds: UInt64
    /// Nil until the first version is published.
    package var newest: VersionDescription?
    /// Counts the changes of `members`.
    package var membershipEpoch: UInt64
    package var members: [Member]
    package var assets: [Asset]

    package init(
        runID: String, runSeed: UInt64, learnerIncarnation: UInt64, configurationJSON: [UInt8],
        heartbeatIntervalMilliseconds: UInt64, newest: VersionDescription?, membershipEpoch: UInt64, members: [Member],
        assets: [Asset]
    ) {
        self.runID = runID
        self.runSeed = runSeed
        self.learnerIncarnation = learnerIncarnation
        self.configurationJSON = configurationJSON
        self.heartbeatIntervalMilliseconds = heartbeatIntervalMilliseconds
        self.newest = newest
        self.membershipEpoch = membershipEpoch
        self.members = members
        self.assets = assets
    }
}

/// A named measurement of the sender, such as "generated_tokens". Finite.
package struct Metric: Sendable, Equatable {
    package var name: String
    package var value: Double

    package init(name: String, value: Double) {
        self.name = name
        self.value = value
    }
}

/// A member lives, and what it is at. See `Message.heartbeat`.
package struct Heartbeat: Sendable, Equatable {
    /// What the member waits for and from whom, such as "lease from learner"; empty = it works.
    package var waitingFor: String
    /// How long it has waited already.
    package var waitingMilliseconds: UInt64
    /// The version that the member uses or serves, its hash thereby acknowledged; nil before the first.
    package var versionInUse: VersionIdentity?
    /// Leases that the member still works on; the learner extends no other.
    package var activeLeases: [UInt64]
    package var metrics: [Metric]

    package init(
        waitingFor: String = "", waitingMilliseconds: UInt64 = 0, versionInUse: VersionIdentity? = nil,
        activeLeases: [UInt64] = [], metrics: [Metric] = []
    ) {
        self.waitingFor = waitingFor
        self.waitingMilliseconds = waitingMilliseconds
        self.versionInUse = versionInUse
        self.activeLeases = activeLeases
        self.metrics = metrics
    }
}

/// The run's news for a member. See `Message.heartbeatReply`.
package struct HeartbeatReply: Sendable, Equatable {
    /// Counts the changes of `members`.
    package var membershipEpoch: UInt64
    package var members: [Member]
    package var newest: VersionDescription?
    /// Those of the member's active leases that it has lost: stop working on them.
    package var expiredLeases: [UInt64]
    /// The run is over or the member is not wanted any more: finish or hand back, say goodbye, exit.
    package var stopRequested: Bool

    package init(
        membershipEpoch: UInt64, members: [Member], newest: VersionDescription?, expiredLeases: [UInt64] = [],
        stopRequested: Bool = false
    ) {
        self.membershipEpoch = membershipEpoch
        self.members = members
        self.newest = newest
        self.expiredLeases = expiredLeases
        self.stopRequested = stopRequested
    }
}

/// The sender leaves on purpose. See `Message.goodbye`.
package struct Goodbye: Sendable, Equatable {
    package var reason: String

    package init(reason: String) {
        self.reason = reason
    }
}
