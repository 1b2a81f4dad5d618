/// One fact about a run, as the learner writes it down. The records in their order are the run's journal; the tables that they
/// are written into are described in docs/run-database.md.
///
/// Versions, groups, prompts, leases and steps are named by their numbers.
package enum RunRecord: Sendable {
    /// A process of the learner begins (again).
    case life(LifeRecord)
    case prompt(PromptRecord)
    /// A group comes to be. `batch`: the one it belongs to in a lockstep schedule; `issue`: how often its prompt was issued
    /// before.
    case issued(groupID: UInt64, promptIndex: UInt64, batch: UInt64?, issue: UInt32)
    case leased(LeaseRecord)
    case leaseEnded(leaseID: UInt64, groupID: UInt64, outcome: String)
    /// A group arrived: with the receipt that follows it is the run's.
    case accepted(StoredGroup)
    case dropped(groupID: UInt64, reason: String)
    /// Which groups a step trains on is decided, in this order.
    case stepBegun(step: Int, consumingVersion: UInt64, groupIDs: [UInt64])
    case stepFinished(FinishedStep)
    case version(VersionRecord)
    case memberJoined(MemberRecord)
    case memberLeft(MemberRecord, reason: String)
    case checkpoint(step: Int, path: String)
    /// Anything else worth keeping; `detail` is a JSON object.
    case event(kind: String, detail: String)
    /// Steps up to this one need no payloads any more.
    case prunePayloads(throughStep: Int)
}

/// A life of the learner: its configuration may differ from that of the lives before.
package struct LifeRecord: Sendable, Equatable {
    package var incarnation: UInt64
    package var software: String
    /// The resolved configuration as JSON.
    package var configuration: String

    package init(incarnation: UInt64, software: String, configuration: String) {
        self.incarnation = incarnation
        self.software = software
        self.configuration = configuration
    }
}

/// A prompt as it was leased.
package struct PromptRecord: Sendable, Equatable {
    package var index: UInt64
    package var text: String
    package var tokens: [Int32]
    package var verifierKind: String
    /// A JSON object in UTF-8.
    package var payload: [UInt8]

    package init(index: UInt64, text: String, tokens: [Int32], verifierKind: String, payload: [UInt8]) {
        self.index = index
        self.text = text
        self.tokens = tokens
        self.verifierKind = verifierKind
        self.payload = payload
    }
}

package struct LeaseRecord: Sendable, Equatable {
    package var leaseID: UInt64
    package var groupID: UInt64
    package var attempt: UInt32
    package var worker: String
    package var incarnation: UInt64
    /// The version that must generate every token, in a lockstep schedule.
    package var exactVersion: UInt64?

    package init(
        leaseID: UInt64, groupID: UInt64, attempt: UInt32, worker: String, incarnation: UInt64, exactVersion: UInt64?
    ) {
        self.leaseID = leaseID
        self.groupID = groupID
        self.attempt = attempt
        self.worker = worker
        self.incarnation = incarnation
        self.exactVersion = exactVersion
    }
}

/// A member of the run in one of its lives.
package struct MemberRecord: Sendable, Equatable {
    package var role: String
    package var id: String
    package var incarnation: UInt64
    package var software: String

    package init(role: String, id: String, incarnation: UInt64, software: String = "") {
        self.role = role
        self.id = id
        self.incarnation = incarnation
        self.software = software
    }
}

package struct VersionRecord: Sendable, Equatable {
    package var number: UInt64
    /// In hexadecimal.
    package var sha256: String
    package var byteCount: Int
    package var precision: String

    package init(number: UInt64, sha256: String, byteCount: Int, precision: String) {
        self.number = number
        self.sha256 = sha256
        self.byteCount = byteCount
        self.precision = precision
    }
}
