import CZeroMQ
import Foundation
import TestSupport
import Testing
import Transport
import Wire

/// Who is let in at an encrypted door, and that everybody else is refused with a reason.
@Suite struct CurveTests {
    /// A server at work for a learner, with the keys of `keys`.
    private func learner(_ keys: KeyFixture, admitting roles: Set<Role> = [.rolloutWorker]) async throws -> (
        node: Node, address: EndpointAddress
    ) {
        let server = Node(security: try keys.policy(.learner))
        return (server, try await server.serve(admitting: roles) { $0 })
    }

    @Test func anAllowedPeerIsServedAndKnown() async throws {
        let keys = try KeyFixture()
        let (server, address) = try await learner(keys)
        let client = Node(security: try keys.policy(.rolloutWorker))
        try await client.connect(to: address)
        #expect(try await client.request(numbered(1)) == numbered(1))
        #expect(try await client.request(chunk(2, bytes: 300_000)) == chunk(2, bytes: 300_000))
        let expected = try keys.directory.ownKey(role: .rolloutWorker, id: "rollout-worker").allowed
        #expect(await server.run { node in node.router?.identity(of: node.peers[0]) } == expected)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func aKeyThatIsNotInTheListIsRefusedOnBothSides() async throws {
        let keys = try KeyFixture()
        let (server, address) = try await learner(keys)
        let strangerKeys = try keys.stranger(.rolloutWorker)
        let client = Node(security: try strangerKeys.policy(.rolloutWorker))
        try await client.connect(to: address)
        await client.wait(for: "the refusal") { $0.events.contains(.handshakeFailed(.refused(status: 400))) }
        await server.wait(for: "the news") { $0.router?.counters.refusedPeers["unknown_key"] ?? 0 > 0 }
        let key = try strangerKeys.directory.ownKey(role: .rolloutWorker, id: "rollout-worker").allowed.key
        #expect(await server.events.contains { $0.description.contains("\(key)") })
        #expect(await client.run { $0.dealer?.isConnected } == false)
        #expect(await server.received.isEmpty)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func aRoleThatHasNoBusinessThereIsRefused() async throws {
        let keys = try KeyFixture()
        let (server, address) = try await learner(keys)
        let client = Node(security: try keys.policy(.rewardVerifier))
        try await client.connect(to: address)
        await client.wait(for: "the refusal") { $0.events.contains(.handshakeFailed(.refused(status: 400))) }
        await server.wait(for: "the news") { $0.router?.counters.refusedPeers["wrong_role"] ?? 0 > 0 }
        #expect(await server.received.isEmpty)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func anEndpointThatNamesNoRoleLetsNobodyIn() async throws {
        let keys = try KeyFixture()
        let (server, address) = try await learner(keys, admitting: [])
        let client = Node(security: try keys.policy(.rolloutWorker))
        try await client.connect(to: address)
        await client.wait(for: "the refusal") { $0.events.contains(.handshakeFailed(.refused(status: 400))) }
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    /// libzmq by itself takes the damage for a full queue, and never reads from the connection again (Sources/CZeroMQRepair).
    @Test func aDamagedMessageEndsItsConnectionAtOnceAndTheNextOneWorks() async throws {
        let keys = try KeyFixture()
        let (server, address) = try await learner(keys)
        let relay = try RecordingRelay()
        try relay.lead(to: address.description)
        let client = Node(security: try keys.policy(.rolloutWorker))
        try await client.connect(to: EndpointAddress(relay.address))
        for number in 1...5 {
            #expect(try await client.request(numbered(number)) == numbered(number))
            // The monitor's errno trouble is one of pauses: within a millisecond of another event there is none.
            try await Task.sleep(for: .milliseconds(20))
            relay.damageOnce()
            try await client.startRequest(numbered(100))
            let began = ContinuousClock.now
            await server.wait(for: "the end of the connection") {
                $0.router?.counters.disconnections == number
            }
            #expect(.now - began < TransportLimits().heartbeatInterval, "heartbeats found it, not the damage")
            await client.wait(for: "the next connection") { $0.dealer?.counters.connections == number + 1 }
        }
        await client.reactor.shutdown()
        await server.reactor.shutdown()
        relay.close()
    }

    @Test func clearTextIsRefusedOnBothSides() async throws {
        let keys = try KeyFixture()
        let (server, address) = try await learner(keys)
        let client = Node()
        try await client.connect(to: address)
        // Whether a side still reads what the other one speaks, or only that it hung up, is a matter of time.
        await client.wait(for: "the refusal") { $0.dealer?.counters.handshakeFailures ?? 0 > 0 }
        await server.wait(for: "the news") { !($0.router?.counters.refusedPeers ?? [:]).isEmpty }
        #expect(await client.run { $0.dealer?.isConnected } == false)
        #expect(await server.received.isEmpty)
        // And the other way round: a client that was told to encrypt does not talk to whoever does not.
        let careful = Node(security: try keys.policy(.rolloutWorker)), open = Node()
        try await careful.connect(to: open.serve { $0 })
        await careful.wait(for: "the refusal") { $0.dealer?.counters.handshakeFailures ?? 0 > 0 }
        #expect(await careful.run { $0.dealer?.isConnected } == false)
        #expect(await open.received.isEmpty)
        for node in [client, server, careful, open] { await node.reactor.shutdown() }
    }

    /// Protocol versions from before there was security: a greeting of 1.0 is a length and an identity, 2.0 begins like 3.0.
    @Test(
        arguments: [
            [0x01, 0x00], [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 0x01, 0x05, 0x00, 0x00],
            [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 0x00, 0x05, 0x00, 0x00],
        ] as [[UInt8]])
    func peersOfOldProtocolsAreRefused(greeting: [UInt8]) async throws {
        let keys = try KeyFixture()
        let (server, address) = try await learner(keys)
        let peer = try RawTCP(port: address.port)
        // The greeting, and a message behind it that an open door would take.
        peer.send(greeting + [0x00, 0x05] + Array("hello".utf8) + [UInt8](repeating: 0, count: 64))
        #expect(peer.isHungUp())
        #expect(await server.received.isEmpty)
        #expect(await server.run { $0.router?.counters.messagesReceived } == 0)
        await server.reactor.shutdown()
    }

    @Test func aServerWithAnotherKeyIsNotBelieved() async throws {
        let keys = try KeyFixture(), theirs = try KeyFixture()
        let (impostor, address) = try await learner(theirs)
        let client = Node(security: try keys.policy(.rolloutWorker))
        try await client.connect(to: address)
        await client.wait(for: "broken greetings") { $0.dealer?.counters.handshakeFailures ?? 0 >= 2 }
        #expect(await client.run { $0.dealer?.counters.connections } == 0)
        #expect(await impostor.received.isEmpty)
        await client.reactor.shutdown()
        await impostor.reactor.shutdown()
    }

    @Test func anAnnouncedServerMustBeAllowedInItsRole() async throws {
        let keys = try KeyFixture()
        let client = Node(security: try keys.policy(.rolloutWorker))
        let address = try EndpointAddress("tcp://127.0.0.1:1")
        let broadcaster = try keys.directory.ownKey(role: .parameterBroadcaster, id: "parameter-broadcaster").allowed
            .key
        for key in [[], [UInt8](repeating: 9, count: 32), broadcaster.bytes] {
            let endpoint = Endpoint(purpose: .serving, address: address.description, serverKey: key)
            let error = await #expect(throws: TransportError.self) {
                try await client.connect(to: address, expecting: .member(.rewardVerifier, at: endpoint))
            }
            #expect(error == .serverNotAllowed(address, role: .rewardVerifier, key: PublicKey(bytes: key)))
        }
        await client.reactor.shutdown()
    }

    @Test func noticesAreForAllowedSubscribers() async throws {
        let keys = try KeyFixture()
        let publisher = Node(security: try keys.policy(.parameterBroadcaster))
        let address = try await publisher.publish(admitting: [.rolloutWorker])
        let own = try keys.directory.ownKey(role: .parameterBroadcaster, id: "parameter-broadcaster").allowed.key
        let endpoint = Endpoint(purpose: .notices, address: address.description, serverKey: own.bytes)
        let expected = ExpectedPeer.member(.parameterBroadcaster, at: endpoint)
        let subscriber = Node(security: try keys.policy(.rolloutWorker))
        let wrong = Node(security: try keys.policy(.rewardVerifier)), open = Node()
        try await subscriber.subscribe(to: address, expecting: expected)
        try await wrong.subscribe(to: address, expecting: expected)
        try await open.subscribe(to: address)
        try await publisher.publishRepeatedly(numbered(1))
        await subscriber.wait(for: "a notice") { !$0.received.isEmpty }
        await wrong.wait(for: "the refusal") { $0.events.contains(.handshakeFailed(.refused(status: 400))) }
        await open.wait(for: "the refusal") { $0.subscriber?.counters.handshakeFailures ?? 0 > 0 }
        #expect(await wrong.received.isEmpty)
        #expect(await open.received.isEmpty)
        for node in [subscriber, wrong, open, publisher] { await node.reactor.shutdown() }
    }

    @Test func encryptedSocketsMayLeaveTheMachineAndOthersMayNot() async throws {
        let keys = try KeyFixture()
        let server = Node(security: try keys.policy(.learner)), open = Node()
        let address = try await server.serve(at: "tcp://0.0.0.0:0", admitting: [.rolloutWorker]) { $0 }
        let client = Node(security: try keys.policy(.rolloutWorker))
        try await client.connect(to: address.advertised(as: "127.0.0.1"))
        #expect(try await client.request(numbered(1)) == numbered(1))
        let everywhere = try EndpointAddress("tcp://0.0.0.0:0")
        await #expect(throws: TransportError.cleartextRefused(everywhere)) {
            try await open.serve(at: "tcp://0.0.0.0:0")
        }
        for node in [client, server, open] { await node.reactor.shutdown() }
    }
}
