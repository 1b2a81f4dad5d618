import Execution
import Testing
import Transport
import Wire

/// Order, completeness and bounds of what flows.
@Suite struct FlowTests {
    @Test(arguments: ["tcp://127.0.0.1:0", "ipc"])
    func thousandsOfMessagesBothWaysArriveInOrder(kind: String) async throws {
        let count = 5000
        let server = Node(), client = Node()
        try await client.connect(to: server.serve(at: kind == "ipc" ? temporaryIPC() : kind))
        try await client.send(numbered(0))
        await server.wait(for: "the first message") { !$0.peers.isEmpty }
        let peer = await server.peers[0]
        async let up: Void = client.sendPaced(1..<count)
        async let down: Void = server.sendPaced(0..<count, to: peer)
        _ = try await (up, down)
        await server.wait(for: "all messages at the server") { $0.received.count == count }
        await client.wait(for: "all messages at the client") { $0.received.count == count }
        #expect(await server.received.map { number($0.message) } == Array(0..<count))
        #expect(await client.received.map { number($0.message) } == Array(0..<count))
        let counters = try #require(await server.run { $0.router?.counters })
        #expect(counters.messagesReceived == count && counters.messagesSent == count && counters.malformed.isEmpty)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func aFullQueueRefusesAndCounts() async throws {
        var limits = TransportLimits()
        limits.outboundItems = 10
        let client = Node(), server = Node()
        let address = try await server.serve()
        await server.reactor.shutdown()
        try await client.connect(to: address, limits: limits)
        for index in 0..<10 { try await client.send(numbered(index)) }
        let error = await #expect(throws: TransportError.self) { try await client.send(numbered(10)) }
        guard case .queueFull(let endpoint, let items, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(endpoint == address.description && items == 10)
        #expect(await client.run { $0.dealer?.counters.dropped } == [.queueFull: 1])

        // What was accepted arrives when the server is there.
        let successor = Node()
        _ = try await successor.serve(at: address.description)
        await successor.wait(for: "the accepted messages") { $0.received.count == 10 }
        #expect(await successor.received.map { number($0.message) } == Array(0..<10))
        await client.reactor.shutdown()
        await successor.reactor.shutdown()
    }

    @Test func bytesAreBoundedToo() async throws {
        var limits = TransportLimits()
        limits.outboundBytes = 3 << 20
        let client = Node(), server = Node()
        let address = try await server.serve()
        await server.reactor.shutdown()
        try await client.connect(to: address, limits: limits)
        try await client.send(chunk(0, bytes: 1 << 20))
        try await client.send(chunk(1, bytes: 1 << 20))
        await #expect(throws: TransportError.self) { try await client.send(chunk(2, bytes: 1 << 20)) }
        try await client.send(chunk(3, bytes: 1 << 19))
        // What can never fit is told apart from what does not fit now.
        let error = await #expect(throws: TransportError.self) { try await client.send(chunk(4, bytes: 4 << 20)) }
        #expect(error?.description.contains("at most 3145728 allowed") == true)
        await client.reactor.shutdown()
    }

    @Test func aPeerThatDoesNotReadIsBoundedAndHarmsNobody() async throws {
        var limits = TransportLimits()
        limits.outboundBytes = 8 << 20
        let server = Node(), client = Node()
        let address = try await server.serve(limits: limits) { number($0) >= 0 ? $0 : nil }
        let lazy = try RawZeroMQ(connect: address, receiveLimit: 1, receiveBuffer: 4096)
        try lazy.send(Envelope(messageID: 1, message: .goodbye(Goodbye(reason: "I shall not read"))))
        await server.wait(for: "the lazy peer") { !$0.peers.isEmpty }
        let peer = await server.peers[0]

        let sent = await server.run { node in
            var sent = 0
            while true {
                do throws(TransportError) {
                    try node.router?.send(chunk(sent, bytes: 1 << 20), to: peer)
                    sent += 1
                } catch {
                    guard case .queueFull = error else { Issue.record("\(error)"); return sent }
                    return sent
                }
            }
        }
        #expect(sent >= 7)
        let waiting = try #require(await server.run { $0.router?.outbound(to: peer).bytes })
        #expect(waiting <= 8 << 20)

        try await client.connect(to: address)
        for index in 0..<50 { #expect(try await client.request(numbered(index)) == numbered(index)) }

        // The lazy peer wakes up: all that was accepted is there, in order, and the budget is free again.
        for index in 0..<sent {
            #expect(try lazy.receiveEnvelope().message == chunk(index, bytes: 1 << 20))
        }
        await server.poll(for: "an empty queue") { $0.router?.outbound(to: peer).items == 0 }
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func largeFramesAreLentAndGivenBack() async throws {
        let server = Node(), client = Node()
        try await client.connect(to: server.serve { $0 })
        let released = Lock(false)
        let expected: Message
        do {
            let memory = Lent(count: 4 << 20) { released.withLock { $0 = true } }
            let message = Message.chunk(
                Chunk(versionNumber: 1, offset: 0, content: Frame(owner: memory, bytes: memory.bytes)))
            expected = .chunk(Chunk(versionNumber: 1, offset: 0, content: Frame(copying: memory.bytes)))
            #expect(try await client.request(message) == expected)
        }
        await client.poll(for: "the end of the loan") { node in node.dealer?.outbound.items == 0 }
        let isReleased = released.withLock { $0 }
        #expect(isReleased)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }
}

/// Memory that tells when it is let go.
private final class Lent: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
    private let memory: UnsafeMutableRawBufferPointer
    private let released: @Sendable () -> Void

    init(count: Int, released: @escaping @Sendable () -> Void) {
        memory = .allocate(byteCount: count, alignment: 64)
        for index in 0..<count { memory[index] = UInt8(truncatingIfNeeded: index &* 31) }
        bytes = UnsafeRawBufferPointer(memory)
        self.released = released
    }

    deinit {
        memory.deallocate()
        released()
    }
}
