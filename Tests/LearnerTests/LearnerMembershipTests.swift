import Learner
import Testing
import Wire

/// Who is in, who is out, and what happens to the work of those who left.
@Suite struct LearnerMembershipTests {
    @Test func aNewMemberIsToldWhatTheRunIs() throws {
        var learner = try LearnerFixture()
        guard case .welcome(let welcome)? = learner.join("w") else {
            Issue.record("no welcome")
            return
        }
        #expect(welcome.runID == "alpha" && welcome.runSeed == 42)
        #expect(welcome.newest?.number == 0 && welcome.newest?.sha256 == LearnerFixture.hash(0))
        #expect(welcome.members.map(\.id) == ["w"])
        #expect(welcome.assets.map(\.name) == ["config.json", "tokenizer.json"])
        #expect(String(decoding: welcome.configurationJSON, as: UTF8.self).contains("\"alpha\""))
    }

    @Test func strangersAreToldToSayHello() throws {
        var learner = try LearnerFixture()
        for message: Message in [
            .heartbeat(Heartbeat()), .leaseRequest(LeaseRequest(credits: 1, versionInUse: 0)),
            .fetch(Fetch(versionNumber: 0, offset: 0, byteCount: 1)),
        ] {
            guard case .failure(let failure)? = learner.say(message, "stranger") else {
                Issue.record("a stranger's message was taken: \(message)")
                return
            }
            #expect(failure.code == .unknownMember && failure.message.contains("hello"))
        }
        #expect(learner.core.ledger.conservation.issued == 0)
    }

    @Test func aNewerLifeReleasesTheLeasesOfTheOldOne() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w", incarnation: 1, through: "old")
        let held = learner.lease("old", credits: 2)
        _ = learner.join("w", incarnation: 2, through: "new")
        let again = learner.lease("new", credits: 2)
        #expect(again.map(\.groupID) == held.map(\.groupID) && again.map(\.attempt) == [1, 1])
        #expect(Set(again.map(\.leaseID)).isDisjoint(with: held.map(\.leaseID)))
        // The old life, should it still send, is a stranger now.
        #expect(learner.submit(LearnerFixture.group(held[0]), "old") == nil)
        #expect(learner.submit(LearnerFixture.group(again[0]), "new") == .accepted)
        #expect(learner.core.ledger.conservation.buffered == 1)
    }

    @Test func anOlderLifeIsRefusedAndChangesNothing() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w", incarnation: 5, through: "new")
        let held = learner.lease("new")
        guard case .failure(let failure)? = learner.join("w", incarnation: 4, through: "old") else {
            Issue.record("an older life was let in")
            return
        }
        #expect(failure.code == .unauthorised)
        #expect(learner.submit(LearnerFixture.group(held[0]), "new") == .accepted)
    }

    @Test func theSameLifeOverANewConnectionKeepsItsLeases() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w", through: "first")
        let held = learner.lease("first", credits: 2)
        _ = learner.join("w", through: "second")
        // The news that the first connection is gone comes late, and must not cost the leases.
        #expect(learner.core.disconnected("first").isEmpty)
        #expect(learner.heartbeat("second", leases: held.map(\.leaseID))?.expiredLeases == [])
        #expect(learner.submit(LearnerFixture.group(held[1]), "second") == .accepted)
    }

    @Test func aLostConnectionReleasesItsLeasesAtOnce() throws {
        var learner = try LearnerFixture()
        _ = learner.join("a")
        _ = learner.join("b")
        let held = learner.lease("a")
        _ = learner.core.disconnected("a")
        #expect(learner.lease("b").map(\.groupID) == held.map(\.groupID))
        #expect(learner.heartbeat("b")?.members.map(\.id) == ["b"])
    }

    @Test func silenceReleasesLeasesAndTheSilentOneMustJoinAgain() throws {
        var learner = try LearnerFixture()
        _ = learner.join("quiet")
        _ = learner.join("lively")
        let held = learner.lease("quiet")
        learner.now += .seconds(9)
        #expect(learner.core.tick(now: learner.now).isEmpty)
        #expect(learner.heartbeat("lively") != nil)
        learner.now += .seconds(2)
        _ = learner.core.tick(now: learner.now)
        #expect(learner.lease("lively").map(\.groupID) == held.map(\.groupID))
        guard case .failure(let failure)? = learner.say(.heartbeat(Heartbeat()), "quiet") else {
            Issue.record("a member that was given up is still known")
            return
        }
        #expect(failure.code == .unknownMember)
    }

    @Test func goodbyeReleasesLeases() throws {
        var learner = try LearnerFixture()
        _ = learner.join("a")
        _ = learner.join("b")
        let held = learner.lease("a", credits: 3)
        #expect(learner.say(.goodbye(Goodbye(reason: "done")), "a") == nil)
        #expect(learner.lease("b", credits: 3).map(\.groupID) == held.map(\.groupID))
    }

    @Test func broadcastersAreToldOfEveryVersionAndLateOnesOfThoseServed() throws {
        var learner = try LearnerFixture()
        _ = learner.join("first", role: .parameterBroadcaster)
        _ = learner.join("w")
        #expect(learner.publish(1) == ["first"])
        #expect(learner.publicationsToANewBroadcaster("late") == [0, 1])
        #expect(Set(learner.publish(2)) == ["first", "late"])
    }

    @Test func onlyWorkersGetLeases() throws {
        var learner = try LearnerFixture()
        _ = learner.join("v", role: .rewardVerifier)
        #expect(learner.lease("v", credits: 4).isEmpty)
        #expect(!learner.core.hasWorkers && learner.core.ledger.conservation.issued == 0)
    }

    @Test func messagesThatAreNoneOfALearnersBusinessAreRefused() throws {
        var learner = try LearnerFixture()
        _ = learner.join("w")
        let chunk = Chunk(versionNumber: 0, offset: 0, content: Frame(copying: [1 as UInt8]))
        guard case .failure(let failure)? = learner.say(.chunk(chunk), "w") else {
            Issue.record("a chunk was taken")
            return
        }
        #expect(failure.code == .unauthorised && failure.message.contains("rollout-worker"))
    }
}
