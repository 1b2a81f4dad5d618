import Testing
import Transport
import Wire

/// Strangers, garbage and oversized messages: counted, answered where possible, and no harm to anybody else.
@Suite struct BadInputTests {
    @Test func garbageFramesAreCountedByReasonAndAnswered() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve { $0 }
        try await client.connect(to: address)
        let stranger = try RawZeroMQ(connect: address)
        let good = try WireCoder.encode(Envelope(messageID: 77, message: chunk(1, bytes: 20_000))).map(\.bytes)

        stranger.send([Array("hello".utf8)])
        stranger.send([[]])
        var random = SplitMix(state: 3)
        for _ in 0..<200 {
            stranger.send(
                (0..<Int.random(in: 1...5, using: &random)).map { _ in
                    (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
                })
        }
        // A truncated tensor, a missing one, one too many, a flipped bit.
        stranger.send([good[0], Array(good[1].dropLast())])
        stranger.send([good[0]])
        stranger.send(good + [good[1]])
        var flipped = good
        flipped[1][10_000] ^= 4
        stranger.send(flipped)
        // The failures name the message which they answer.
        for reason in ["tensor", "frames", "frames", "CRC-32C"] {
            let answer = try stranger.receiveEnvelope()
            guard case .failure(let failure) = answer.message else {
                Issue.record("\(answer)")
                continue
            }
            #expect(answer.inReplyTo == 77 && failure.code == .malformed && failure.message.contains(reason))
        }
        // Good manners later on are not held against it.
        stranger.send(good)
        #expect(try stranger.receiveEnvelope().message == chunk(1, bytes: 20_000))

        #expect(try await client.request(numbered(5)) == numbered(5))
        let counters = try #require(await server.run { $0.router?.counters })
        #expect(counters.dropped[.malformed] == 206)
        #expect(counters.malformed.values.reduce(0, +) == 206)
        #expect(counters.malformed["checksum"] == 1 && counters.malformed["frame_count"] == 2)
        #expect((counters.malformed["foreign"] ?? 0) > 0)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func anotherProtocolVersionIsRefusedWithAClearMessageOnBothSides() async throws {
        let server = Node()
        let stranger = try RawZeroMQ(connect: await server.serve { $0 })
        let hello = Envelope(messageID: 5, message: numbered(1))
        try stranger.send(hello, protocolVersion: 99)
        let answer = try stranger.receiveEnvelope()
        guard case .failure(let failure) = answer.message else {
            Issue.record("\(answer)")
            return
        }
        #expect(failure.code == .incompatibleProtocol && failure.message.contains("version 99"))
        #expect(await server.events.contains { $0.description.contains("the peer speaks version 99") })
        await server.reactor.shutdown()
    }

    @Test func aMalformedAnswerFailsItsRequestAtOnce() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve()
        let asker = try RawZeroMQ(connect: address)
        try asker.send(Envelope(messageID: 1, message: numbered(0)))
        await server.wait(for: "the peer") { !$0.peers.isEmpty }
        try await server.run { node in
            try node.router?.request(
                numbered(1), to: node.peers[0], deadline: .seconds(600), name: "publish to broadcaster"
            ) {
                node.take($0)
            }
        }
        let question = try asker.receiveEnvelope()
        let answer = Envelope(messageID: 2, inReplyTo: question.messageID, message: numbered(1))
        try asker.send(answer, protocolVersion: 7)
        await server.wait(for: "the failure") { !$0.results.isEmpty }
        guard
            case .failure(.malformedReply("publish to broadcaster", address.description, let error)) =
                await server.results[0]
        else {
            Issue.record("\(await server.results)")
            return
        }
        #expect(error == .incompatibleProtocol(theirs: 7, ours: WireProtocol.version))
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func anotherPeersAnswerIsNoAnswer() async throws {
        let server = Node()
        let address = try await server.serve()
        let asked = try RawZeroMQ(connect: address), intruder = try RawZeroMQ(connect: address)
        try asked.send(Envelope(messageID: 1, message: numbered(0)))
        await server.wait(for: "the peer") { !$0.peers.isEmpty }
        try await server.run { node in
            try node.router?.request(numbered(1), to: node.peers[0], deadline: .seconds(600), name: "question") {
                node.take($0)
            }
        }
        let question = try asked.receiveEnvelope()
        try intruder.send(Envelope(messageID: 1, inReplyTo: question.messageID, message: numbered(666)))
        await server.wait(for: "the intruder's answer") { $0.router?.counters.dropped == [.unexpectedReply: 1] }
        try asked.send(Envelope(messageID: 2, inReplyTo: question.messageID, message: numbered(2)))
        await server.wait(for: "the answer") { !$0.results.isEmpty }
        #expect(try await server.results[0].get() == numbered(2))
        await server.reactor.shutdown()
    }

    @Test func oversizedFramesCostTheConnectionAndNothingElse() async throws {
        var limits = TransportLimits()
        limits.wire = WireLimits(envelopeBytes: 4096, tensorCount: 2, tensorBytes: 65_536, messageBytes: 131_072)
        let server = Node(), client = Node()
        let address = try await server.serve(limits: limits) { $0 }
        try await client.connect(to: address)
        #expect(try await client.request(numbered(1)) == numbered(1))
        let stranger = try RawZeroMQ(connect: address)
        stranger.send([[UInt8](repeating: 1, count: 65_537)])
        await server.wait(for: "the cut") { ($0.router?.counters.disconnections ?? 0) >= 1 }
        #expect(await server.received.count == 1)
        #expect(try await client.request(numbered(2)) == numbered(2))
        #expect(await client.run { $0.dealer?.counters.disconnections } == 0)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func tooManyFramesOrBytesAreReadToTheEndAndDropped() async throws {
        var limits = TransportLimits()
        limits.wire = WireLimits(envelopeBytes: 4096, tensorCount: 2, tensorBytes: 65_536, messageBytes: 131_072)
        let server = Node()
        let stranger = try RawZeroMQ(connect: await server.serve(limits: limits) { $0 })
        let small = try WireCoder.encode(Envelope(messageID: 9, message: numbered(1))).map(\.bytes)
        stranger.send(small + Array(repeating: [1, 2, 3], count: 5000))
        stranger.send(small + Array(repeating: [UInt8](repeating: 0, count: 65_536), count: 3))
        stranger.send(small)
        for _ in 0..<2 {
            let answer = try stranger.receiveEnvelope()
            guard case .failure(let failure) = answer.message else {
                Issue.record("\(answer)")
                return
            }
            #expect(failure.code == .oversized && answer.inReplyTo == 9)
        }
        #expect(try stranger.receiveEnvelope().message == numbered(1))
        #expect(await server.run { $0.router?.counters.dropped } == [.oversized: 2])
        await server.reactor.shutdown()
    }

    /// What a port scanner, a browser or a broken peer sends; some begin like a ZeroMQ greeting.
    @Test func randomBytesOverTCPHarmNobody() async throws {
        let server = Node(), client = Node()
        let address = try await server.serve { $0 }
        try await client.connect(to: address)
        #expect(try await client.request(numbered(0)) == numbered(0))
        var random = SplitMix(state: 11)
        let greeting: [UInt8] =
            [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 48)
        let beginnings: [[UInt8]] = [
            [], [0xFF], [0x01], [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F], greeting, Array("GET / HTTP/1.1\r\n\r\n".utf8),
        ]
        for round in 0..<60 {
            let stranger = try RawTCP(port: address.port)
            let noise = (0..<Int.random(in: 0...2000, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            stranger.send(beginnings[round % beginnings.count] + noise)
            stranger.finish()
            #expect(stranger.isHungUp())
            #expect(try await client.request(numbered(round)) == numbered(round))
        }
        #expect(await client.run { $0.dealer?.counters.disconnections } == 0)
        await server.poll(for: "60 lost strangers") { $0.router?.counters.disconnections == 60 }
        #expect(try #require(await server.run { $0.router?.counters }).handshakeFailures > 0)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    /// Whoever connects and says nothing is thrown out when the time for the greeting is over.
    @Test func silentStrangersAreThrownOut() async throws {
        var limits = TransportLimits()
        limits.handshakeTimeout = .milliseconds(200)
        let server = Node()
        let address = try await server.serve(limits: limits)
        #expect(try RawTCP(port: address.port).isHungUp())
        await server.wait(for: "the count") { $0.router?.counters.handshakeFailures == 1 }
        await server.reactor.shutdown()
    }

    /// A frozen peer keeps its connection open, but answers no probe.
    @Test func frozenPeersAreFoundByTheirSilence() async throws {
        var limits = TransportLimits()
        limits.heartbeatInterval = .milliseconds(50)
        limits.heartbeatTimeout = .milliseconds(200)
        let server = Node()
        let address = try await server.serve(limits: limits)
        // A whole greeting by hand, one message, then silence.
        let frozen = try RawTCP(port: address.port)
        frozen.send([0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 48))
        let ready: [UInt8] =
            [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("DEALER".utf8)
        frozen.send([4, UInt8(ready.count)] + ready)
        // The other side's greeting, and its READY command.
        _ = try frozen.receive(64)
        _ = try frozen.receive(Int(frozen.receive(2)[1]))
        let message = try WireCoder.encode(Envelope(messageID: 1, message: numbered(1)))[0].bytes
        frozen.send([0, UInt8(message.count)] + message)
        await server.wait(for: "its message") { $0.received.count == 1 }
        await server.wait(for: "its end") { $0.gone.count == 1 }
        #expect(await server.run { $0.gone == $0.peers })
        // Without this the connection might be closed, and not frozen, from here on up.
        withExtendedLifetime(frozen) {}
        await server.reactor.shutdown()
    }
}
