import Foundation
import Testing
import Transport
import Wire

/// The allow list changes while processes run: who is new is let in, who is revoked is thrown out, and nobody else notices.
@Suite struct KeyRotationTests {
    @Test func aRevokedPeerIsCutOffAndTheOthersWorkOn() async throws {
        let keys = try KeyFixture()
        _ = try keys.directory.issue(.rolloutWorker, name: "host7")
        let server = Node(security: try keys.policy(.learner))
        let address = try await server.serve(admitting: [.rolloutWorker]) { $0 }
        let staying = Node(security: try keys.policy(.rolloutWorker))
        let leaving = Node(security: .curve(try Keyring(directory: keys.path, role: .rolloutWorker, id: "host7")))
        for node in [staying, leaving] {
            try await node.connect(to: address)
            #expect(try await node.request(numbered(1)) == numbered(1))
        }
        let revoked = try keys.directory.revoke("host7") { $0.name == "host7" }
        await leaving.wait(for: "the refusal") { $0.events.contains(.handshakeFailed(.refused(status: 400))) }
        #expect(server.keyNews.all == [.reloaded(added: [], removed: revoked)])
        #expect(await leaving.run { $0.dealer?.isConnected } == false)
        #expect(try await staying.request(numbered(2)) == numbered(2))
        #expect(await staying.run { $0.dealer?.counters.disconnections } == 0)
        for node in [staying, leaving, server] { await node.reactor.shutdown() }
    }

    @Test func aSubscriberWhoseKeyIsRevokedHearsNothingMore() async throws {
        let keys = try KeyFixture()
        _ = try keys.directory.issue(.rolloutWorker, name: "host7")
        let publisher = Node(security: try keys.policy(.parameterBroadcaster))
        let address = try await publisher.publish(admitting: [.rolloutWorker])
        let own = try keys.directory.ownKey(role: .parameterBroadcaster, id: "parameter-broadcaster").allowed.key
        let endpoint = Endpoint(purpose: .notices, address: address.description, serverKey: own.bytes)
        let staying = Node(security: try keys.policy(.rolloutWorker))
        let leaving = Node(security: .curve(try Keyring(directory: keys.path, role: .rolloutWorker, id: "host7")))
        for node in [staying, leaving] {
            try await node.subscribe(to: address, expecting: .member(.parameterBroadcaster, at: endpoint))
        }
        try await publisher.publishRepeatedly(numbered(1))
        for node in [staying, leaving] { await node.wait(for: "a notice") { !$0.received.isEmpty } }
        _ = try keys.directory.revoke("host7") { $0.name == "host7" }
        await leaving.wait(for: "the refusal") { $0.events.contains(.handshakeFailed(.refused(status: 400))) }
        let heard = await staying.received.count
        await staying.wait(for: "more notices") { $0.received.count > heard + 3 }
        for node in [staying, leaving, publisher] { await node.reactor.shutdown() }
    }

    @Test func aKeyThatIsAllowedLaterOpensTheDoorByItself() async throws {
        let keys = try KeyFixture()
        let server = Node(security: try keys.policy(.learner))
        let address = try await server.serve(admitting: [.rolloutWorker]) { $0 }
        let strangerKeys = try keys.stranger(.rolloutWorker)
        let client = Node(security: try strangerKeys.policy(.rolloutWorker))
        try await client.connect(to: address)
        await client.wait(for: "the refusal") { $0.events.contains(.handshakeFailed(.refused(status: 400))) }
        let key = try strangerKeys.directory.ownKey(role: .rolloutWorker, id: "rollout-worker").allowed.key
        try keys.allow(AllowedKey(role: .rolloutWorker, name: "late", key: key))
        #expect(try await client.request(numbered(3)) == numbered(3))
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    /// The learner starts again with a fresh key: whoever knows both finds it, without a start of its own.
    @Test func aServerMayTakeAFreshKey() async throws {
        let keys = try KeyFixture()
        let former = try keys.policy(.learner)
        let next = try keys.directory.issue(.learner, name: "learner")
        let client = Node(security: try keys.policy(.rolloutWorker))
        let first = Node(security: former)
        let address = try await first.serve(admitting: [.rolloutWorker]) { $0 }
        try await client.connect(to: address)
        #expect(try await client.request(numbered(1)) == numbered(1))
        await first.reactor.shutdown()
        let second = Node(security: try keys.policy(.learner))
        _ = try await second.serve(at: address.description, admitting: [.rolloutWorker]) { $0 }
        #expect(try await client.request(numbered(2)) == numbered(2))
        _ = try keys.directory.revoke("superseded") { $0.name == "learner" && $0.key != next.key }
        #expect(try await client.request(numbered(3)) == numbered(3))
        await client.reactor.shutdown()
        await second.reactor.shutdown()
    }

    @Test func aServerWhoseKeyIsRevokedIsLeft() async throws {
        let keys = try KeyFixture()
        let server = Node(security: try keys.policy(.learner))
        let address = try await server.serve(admitting: [.rolloutWorker]) { $0 }
        let client = Node(security: try keys.policy(.rolloutWorker))
        try await client.connect(to: address)
        #expect(try await client.request(numbered(1)) == numbered(1))
        _ = try keys.directory.revoke("learner") { $0.name == "learner" }
        await client.wait(for: "the parting") { $0.dealer?.isConnected == false }
        await #expect(throws: TransportError.self) {
            try await client.request(numbered(2), deadline: .milliseconds(300))
        }
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func anAllowListThatCannotBeReadLeavesTheFormerOneInForce() async throws {
        let keys = try KeyFixture()
        let server = Node(security: try keys.policy(.learner))
        let address = try await server.serve(admitting: [.rolloutWorker]) { $0 }
        let policy = try keys.policy(.rolloutWorker)
        try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: keys.directory.allowListPath), options: .atomic)
        let client = Node(security: policy)
        try await client.connect(to: address)
        #expect(try await client.request(numbered(1)) == numbered(1))
        guard case .unreadable = server.keyNews.all.first, server.keyNews.all.count == 1 else {
            Issue.record("\(server.keyNews.all)")
            return
        }
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func whoSendsTooOftenIsToldAndNobodyElse() async throws {
        var limits = TransportLimits()
        limits.peerMessagesPerSecond = 1
        limits.peerMessageBurst = 20
        let server = Node(), flood = Node(), other = Node()
        let address = try await server.serve(limits: limits) { $0 }
        try await flood.connect(to: address)
        try await other.connect(to: address)
        try await flood.run { node in for index in 0..<50 { try node.startRequest(numbered(index)) } }
        await flood.wait(for: "all answers") { $0.results.count == 50 }
        let refused = await flood.results.filter {
            if case .failure(.refused(_, _, let failure)) = $0 { failure.code == .overloaded } else { false }
        }
        // A slow machine may have given it a token or two more.
        #expect((20...30).contains(refused.count))
        #expect(await server.received.count == 50 - refused.count)
        #expect(await server.run { $0.router?.counters.dropped[.rateLimited] } == refused.count)
        #expect(try await other.request(numbered(7)) == numbered(7))
        for node in [flood, other, server] { await node.reactor.shutdown() }
    }
}
