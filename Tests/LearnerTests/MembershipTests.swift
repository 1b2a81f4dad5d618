import Learner
import Testing
import Wire

@Suite struct MembershipTests {
    static let start = ContinuousClock.now

    func hello(_ id: String, incarnation: UInt64 = 1, runID: String = "", version: UInt32 = WireProtocol.version)
        -> Hello
    {
        Hello(
            protocolVersion: version, runID: runID,
            member: Member(role: .rolloutWorker, id: id, incarnation: incarnation), software: "test")
    }

    @Test func strangersAreRefusedWithAReason() {
        var membership = Membership(runID: "alpha", timeout: .seconds(5))
        guard case .refused(let version) = membership.admit(hello("w", version: 99), now: Self.start) else {
            Issue.record("protocol 99 was admitted")
            return
        }
        #expect(version.code == .incompatibleProtocol && version.message.contains("99"))
        guard case .refused(let run) = membership.admit(hello("w", runID: "beta"), now: Self.start) else {
            Issue.record("a member of another run was admitted")
            return
        }
        #expect(run.code == .wrongRun && run.message.contains("beta"))
        #expect(membership.members.isEmpty && membership.epoch == 0)
    }

    @Test func aNewLifeReplacesTheOldOneAndNeverTheOtherWayRound() {
        var membership = Membership(runID: "alpha", timeout: .seconds(5))
        #expect(membership.admit(hello("w", incarnation: 5), now: Self.start) == .admitted(replaced: nil))
        let old = hello("w", incarnation: 5).member
        #expect(membership.admit(hello("w", incarnation: 6), now: Self.start) == .admitted(replaced: old))
        guard case .refused = membership.admit(hello("w", incarnation: 5), now: Self.start) else {
            Issue.record("an older life was admitted over a newer one")
            return
        }
        let heard = membership.heard(Heartbeat(), from: old, now: Self.start)
        #expect(heard == false)
        #expect(membership.remove(old) == nil && membership.members.count == 1)
    }

    @Test func silentMembersAreRemovedAndOthersStay() {
        var membership = Membership(runID: "alpha", timeout: .seconds(5))
        _ = membership.admit(hello("quiet"), now: Self.start)
        _ = membership.admit(hello("lively"), now: Self.start)
        let epoch = membership.epoch
        let heard = membership.heard(Heartbeat(), from: hello("lively").member, now: Self.start + .seconds(4))
        #expect(heard)
        #expect(membership.expire(now: Self.start + .seconds(5)).isEmpty)
        #expect(membership.expire(now: Self.start + .seconds(6)).map(\.id) == ["quiet"])
        #expect(membership.members.map(\.id) == ["lively"] && membership.epoch == epoch + 1)
    }

    @Test func sayingHelloAgainIsHarmless() {
        var membership = Membership(runID: "alpha", timeout: .seconds(5))
        _ = membership.admit(hello("w"), now: Self.start)
        #expect(membership.admit(hello("w"), now: Self.start) == .admitted(replaced: nil))
        #expect(membership.epoch == 1)
    }
}
