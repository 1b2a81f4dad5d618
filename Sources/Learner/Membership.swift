package import Wire

/// Who takes part in the run, as the learner sees it.
///
/// Role: decides who may join, who is gone and what everybody is told; pure. Owner: the learner.
/// Invariant: one life per (role, id): a hello from an older incarnation is refused, a newer one replaces the older.
package struct Membership: Sendable {
    /// A member's place in the book.
    package struct Key: Sendable, Hashable {
        package let role: Role
        package let id: String
    }

    /// What the learner knows of a member.
    package struct Entry: Sendable {
        package let member: Member
        package let verifierKinds: [String]
        package var lastHeard: ContinuousClock.Instant
        /// What the member last said it waits for, and for how long; empty when it works.
        package var waitingFor = ""
        package var waitingMilliseconds: UInt64 = 0
        package var versionInUse: VersionIdentity?
    }

    /// What a hello leads to.
    package enum Admission: Sendable, Equatable {
        /// The member is in. `replaced` is its former life, whose leases are to be taken back.
        case admitted(replaced: Member?)
        case refused(Failure)
    }

    private let runID: String
    private let timeout: Duration
    private var entries: [Key: Entry] = [:]
    /// Counts the changes of the member list, so that members can tell old news from new.
    package private(set) var epoch: UInt64 = 0

    /// - Parameter timeout: a member not heard of for so long is considered gone.
    package init(runID: String, timeout: Duration) {
        self.runID = runID
        self.timeout = timeout
    }

    package var members: [Member] {
        entries.values.map(\.member).sorted { ($0.role.rawValue, $0.id) < ($1.role.rawValue, $1.id) }
    }

    package func members(_ role: Role) -> [Member] { members.filter { $0.role == role } }

    package func entry(role: Role, id: String) -> Entry? { entries[Key(role: role, id: id)] }

    /// Judges a hello, and books the member if it may take part.
    package mutating func admit(_ hello: Hello, now: ContinuousClock.Instant) -> Admission {
        guard hello.protocolVersion == WireProtocol.version else {
            return .refused(
                Failure(
                    code: .incompatibleProtocol,
                    message:
                        "\(hello.member.role.rawValue) '\(hello.member.id)' speaks protocol \(hello.protocolVersion), "
                        + "this learner speaks \(WireProtocol.version): run the same release of Apus on both sides"))
        }
        guard hello.runID.isEmpty || hello.runID == runID else {
            return .refused(
                Failure(
                    code: .wrongRun, message: "this learner runs '\(runID)', not '\(hello.runID)': check the endpoint"))
        }
        let key = Key(role: hello.member.role, id: hello.member.id)
        let former = entries[key]?.member
        if let former, former.incarnation > hello.member.incarnation {
            return .refused(
                Failure(
                    code: .unauthorised,
                    message:
                        "a newer \(key.role.rawValue) '\(key.id)' is already in the run: give each process its own id"))
        }
        entries[key] = Entry(member: hello.member, verifierKinds: hello.verifierKinds, lastHeard: now)
        if former != hello.member { epoch += 1 }
        let replaced = former.flatMap { $0.incarnation < hello.member.incarnation ? $0 : nil }
        return .admitted(replaced: replaced)
    }

    /// Books a sign of life. False when the learner does not know the member: it must say hello again.
    package mutating func heard(
        _ heartbeat: Heartbeat, from member: Member, now: ContinuousClock.Instant
    ) -> Bool {
        let key = Key(role: member.role, id: member.id)
        guard var entry = entries[key], entry.member.incarnation == member.incarnation else { return false }
        entry.lastHeard = now
        entry.waitingFor = heartbeat.waitingFor
        entry.waitingMilliseconds = heartbeat.waitingMilliseconds
        entry.versionInUse = heartbeat.versionInUse
        entries[key] = entry
        return true
    }

    /// Removes a member that left. Nil when this life of it is not (any more) in the book.
    package mutating func remove(_ member: Member) -> Member? {
        let key = Key(role: member.role, id: member.id)
        guard let entry = entries[key], entry.member.incarnation == member.incarnation else { return nil }
        entries[key] = nil
        epoch += 1
        return entry.member
    }

    /// Members by id, with the time of their last sign of life.
    package var lastSigns: [String: ContinuousClock.Instant] {
        Dictionary(entries.values.map { ($0.member.id, $0.lastHeard) }) { max($0, $1) }
    }

    /// What members said last that they wait for, by id.
    package var waits: [String: String] {
        let waiting = entries.values.filter { !$0.waitingFor.isEmpty }
        return Dictionary(waiting.map { ($0.member.id, $0.waitingFor) }) { first, _ in first }
    }

    /// Removes and returns every member not heard of for the timeout.
    package mutating func expire(now: ContinuousClock.Instant) -> [Member] {
        let silent = members.filter { member in
            guard let entry = entries[Key(role: member.role, id: member.id)] else { return false }
            return now - entry.lastHeard > timeout
        }
        for member in silent { entries[Key(role: member.role, id: member.id)] = nil }
        if !silent.isEmpty { epoch += 1 }
        return silent
    }
}
