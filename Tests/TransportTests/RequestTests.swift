import Testing
import Transport
import Wire

/// Requests, answers and deadlines over real sockets.
@Suite struct RequestTests {
    @Test(arguments: ["tcp://127.0.0.1:0", "ipc"])
    func requestsAreAnswered(kind: String) async throws {
        let server = Node(), client = Node()
        let address = try await server.serve(at: kind == "ipc" ? temporaryIPC() : kind) { $0 }
        try await client.connect(to: address)
        for index in 0..<100 {
            #expect(try await client.request(numbered(index)) == numbered(index))
        }
        #expect(await server.run { $0.router?.connectedPeers } == 1)
        #expect(await client.run { $0.dealer?.counters.messagesSent } == 100)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func concurrentRequestsAreAnsweredEachWithItsOwn() async throws {
        let server = Node(), client = Node()
        try await client.connect(to: server.serve { $0 })
        try await withThrowingTaskGroup { group in
            for index in 0..<500 {
                group.addTask { (index, number(try await client.request(numbered(index)))) }
            }
            for try await (asked, answered) in group { #expect(asked == answered) }
        }
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func serversAskToo() async throws {
        let server = Node(), client = Node()
        try await client.connect(to: server.serve())
        try await client.send(numbered(1))
        await server.wait(for: "the client's message") { !$0.peers.isEmpty }
        try await server.run { node in
            try node.router?.request(numbered(7), to: node.peers[0], deadline: .seconds(30), name: "question to worker")
            { result in
                node.assumeIsolated { $0.take(result) }
            }
        }
        await client.wait(for: "the question") { !$0.received.isEmpty }
        try await client.run { try $0.dealer?.send(numbered(8), inReplyTo: $0.received[0].messageID) }
        await server.wait(for: "the answer") { !$0.results.isEmpty }
        #expect(try await server.results[0].get() == numbered(8))
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func aSilentServerIsNamedAtTheDeadline() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve()
        try await client.connect(to: address)
        let error = await #expect(throws: TransportError.self) {
            try await client.request(numbered(0), deadline: .milliseconds(300), name: "lease request to learner")
        }
        #expect(error?.description == "lease request to learner \(address): no reply for 0.3 s")
        #expect(await client.run { $0.dealer?.counters.deadlinesPassed } == 1)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func anUnreachableServerIsNamedAtTheDeadlineAndTheRequestIsNotSentLater() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve()
        await server.reactor.shutdown()
        try await client.connect(to: address)
        let error = await #expect(throws: TransportError.self) {
            try await client.request(numbered(1), deadline: .milliseconds(200))
        }
        #expect(
            error
                == .noConnection(
                    request: "request to test server", endpoint: address.description, after: .milliseconds(200))
        )
        #expect(await client.run { $0.dealer?.counters.dropped } == [.expired: 1])
        #expect(await client.run { $0.dealer?.outbound.items } == 0)

        let successor = Node()
        _ = try await successor.serve(at: address.description) { $0 }
        #expect(try await client.request(numbered(2)) == numbered(2))
        #expect(await successor.received.map { number($0.message) } == [2])
        await client.reactor.shutdown()
        await successor.reactor.shutdown()
    }

    @Test func aLateAnswerIsCountedAndDropped() async throws {
        let server = Node(), client = Node()
        try await client.connect(to: server.serve())
        await #expect(throws: TransportError.self) {
            try await client.request(numbered(1), deadline: .milliseconds(100))
        }
        await server.wait(for: "the request") { !$0.received.isEmpty }
        try await server.run { node in try node.router?.reply(numbered(1), to: node.received[0], from: node.peers[0]) }
        await client.wait(for: "the late answer") { $0.events.contains(.dropped(.unexpectedReply, peer: nil)) }
        #expect(await client.run { $0.dealer?.counters.dropped } == [.unexpectedReply: 1])
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func aRefusalIsAnErrorWithItsReason() async throws {
        let server = Node(), client = Node()
        let refusal = Failure(code: .unknownMember, message: "say hello again")
        let address = try await server.serve { _ in .failure(refusal) }
        try await client.connect(to: address)
        let error = await #expect(throws: TransportError.self) {
            try await client.request(numbered(1), name: "heartbeat to learner")
        }
        #expect(error?.description == "heartbeat to learner \(address): refused (unknown_member): say hello again")
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func closingEndsWaitingRequests() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve()
        try await client.connect(to: address)
        try await client.startRequest(numbered(1))
        await server.wait(for: "the request") { !$0.received.isEmpty }
        await client.closeEndpoints()
        #expect(await client.results == [.failure(.closed(endpoint: address.description))])
        await #expect(throws: TransportError.closed(endpoint: address.description)) {
            try await client.request(numbered(2))
        }
        #expect(await client.run { $0.reactor.pendingTimerCount } == 0)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }
}
