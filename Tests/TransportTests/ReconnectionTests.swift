import Testing
import Transport
import Wire

/// Servers and clients that come and go.
@Suite struct ReconnectionTests {
    /// libzmq gives a connection up for good, and says nothing, when the other side breaks its protocol after the greeting.
    @Test func aConnectionWhoseProtocolWasBrokenIsMadeAnew() async throws {
        var limits = TransportLimits()
        limits.reconnectMaximum = .milliseconds(100)
        let listener = try RawListener(), client = Node()
        try await client.connect(to: listener.address, limits: limits)
        for _ in 0..<2 {
            let peer = try await greet(client, at: listener)
            // A command with a length that no frame may have.
            peer.send([0x06] + [UInt8](repeating: 0xFF, count: 8))
            await client.wait(for: "the end of it") { $0.dealer?.isConnected == false }
        }
        // The next attempt is there, whatever happened to the ones before.
        _ = try listener.accept()
        await client.reactor.shutdown()
    }

    /// Greets attempts to connect until one is still wanted: under load the client has given up those that waited.
    private func greet(_ client: Node, at listener: RawListener) async throws -> RawTCP {
        let deadline = ContinuousClock.now + .seconds(60)
        while .now < deadline {
            let peer = try listener.accept()
            peer.send(Self.greeting)
            while !peer.hasHungUp, .now < deadline {
                if await client.run({ $0.dealer?.isConnected == true }) { return peer }
                // Our socket's news and the client's have no common event to wait for.
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        throw TestError.notConnected
    }

    /// A ZMTP 3.0 greeting without security, and the command READY of a ROUTER.
    private static let greeting: [UInt8] = {
        let ready = [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("ROUTER".utf8)
        return [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 48)
            + [0x04, UInt8(ready.count)] + ready
    }()

    @Test func theClientFindsTheRestartedServer() async throws {
        let first = Node(), client = Node()
        let address = try await first.serve { $0 }
        try await client.connect(to: address)
        #expect(try await client.request(numbered(1)) == numbered(1))
        await first.reactor.shutdown()
        await client.wait(for: "the loss of the connection") { $0.dealer?.isConnected == false }

        try await client.startRequest(numbered(2))
        let second = Node()
        #expect(try await second.serve(at: address.description) { $0 } == address)
        await client.wait(for: "the answer of the restarted server") { $0.results.count == 1 }
        #expect(try await client.results[0].get() == numbered(2))
        #expect(await client.run { $0.dealer?.counters.connections } == 2)
        await client.reactor.shutdown()
        await second.reactor.shutdown()
    }

    @Test func requestsUnderWayFailAtOnceWhenTheConnectionBreaks() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve()
        try await client.connect(to: address)
        try await client.startRequest(numbered(1), deadline: .seconds(600), name: "receipt from learner")
        await server.wait(for: "the request") { !$0.received.isEmpty }
        await server.reactor.shutdown()
        await client.wait(for: "the failure") { $0.results.count == 1 }
        #expect(
            await client.results
                == [.failure(.connectionLost(request: "receipt from learner", endpoint: address.description))])
        await client.reactor.shutdown()
    }

    @Test(arguments: ["tcp://127.0.0.1:0", "ipc"])
    func theServerSeesWhoIsGoneAfterAllThatHeSent(kind: String) async throws {
        let server = Node()
        let address = try await server.serve(at: kind == "ipc" ? temporaryIPC() : kind)
        let stays = Node()
        try await stays.connect(to: address)
        try await stays.send(numbered(9999))
        await server.wait(for: "the one who stays") { $0.peers.count == 1 }
        // Each client uses the file descriptor of the one before again.
        for round in 1...10 {
            let client = Node()
            try await client.connect(to: address)
            for index in 0..<20 { try await client.send(numbered(round * 100 + index)) }
            await server.wait(for: "a client") { $0.peers.count == round + 1 }
            await client.reactor.shutdown()
            await server.wait(for: "its end") { $0.gone.count == round }
            #expect(await server.run { $0.peers[round] == $0.gone[round - 1] })
            #expect(await server.received.filter { number($0.message) / 100 == round }.count == 20)
        }
        #expect(await server.run { $0.router?.connectedPeers } == 1)
        #expect(await server.received.count == 201)
        let peer = await server.gone[0]
        await #expect(throws: TransportError.unreachable(endpoint: address.description, peer: peer)) {
            try await server.send(numbered(1), to: peer)
        }
        #expect(await server.run { $0.router?.counters.dropped } == [.unreachable: 1])
        await stays.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func theServersRequestFailsWithItsPeer() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve()
        try await client.connect(to: address)
        try await client.send(numbered(1))
        await server.wait(for: "the peer") { !$0.peers.isEmpty }
        try await server.run { node in
            try node.router?.request(
                numbered(2), to: node.peers[0], deadline: .seconds(600), name: "publish to broadcaster"
            ) {
                node.take($0)
            }
        }
        await client.wait(for: "the question") { !$0.received.isEmpty }
        await client.reactor.shutdown()
        await server.wait(for: "the failure") { !$0.results.isEmpty }
        #expect(
            await server.results
                == [.failure(.connectionLost(request: "publish to broadcaster", endpoint: address.description))])
        await server.reactor.shutdown()
    }

    @Test func anEndpointCanBeMadeAnewForAnotherAddress() async throws {
        let first = Node(), second = Node(), client = Node()
        let firstAddress = try await first.serve { _ in numbered(1) }
        let secondAddress = try await second.serve { _ in numbered(2) }
        try await client.connect(to: firstAddress)
        #expect(try await client.request(numbered(0)) == numbered(1))
        await client.closeEndpoints()
        try await client.connect(to: secondAddress)
        #expect(try await client.request(numbered(0)) == numbered(2))
        for node in [client, first, second] { await node.reactor.shutdown() }
    }
}
