import Session
import Testing
import Transport
import Wire

/// Versions arrive whole, whatever happens to connections on the way. Over real sockets.
@Suite struct SnapshotFetchTests {
    static let content = (0..<50_000).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 4) }
    static let version = VersionDescription(
        number: 4, sha256: Array(repeating: 4, count: 32), byteCount: UInt64(content.count), precision: .bf16)

    static let shelf = {
        var shelf = SnapshotShelf(capacity: 2)
        shelf.add(version, content: Frame(copying: content))
        return shelf
    }()

    @Sendable static func answer(_ message: Message, _ number: Int) -> Message? {
        guard case .fetch(let fetch) = message else { return nil }
        return shelf.answer(fetch, maximumChunkBytes: 512)
    }

    @Test func aVersionArrivesWhole() async throws {
        let server = Participant(), client = Participant()
        try await client.fetch(Self.version, from: server.serve(answer: Self.answer))
        await client.wait(for: "the version") { !$0.fetched.isEmpty }
        #expect(try await client.fetched[0].get() == Self.content)
        // Every piece was asked for once.
        #expect(await server.requests.count == (Self.content.count + 511) / 512)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    /// All requests under way are lost with the connection; that is one failure, not as many as there were requests.
    @Test func aLostConnectionCostsOnlyWhatWasUnderWay() async throws {
        let server = Participant(), client = Participant()
        // It answers the first thirty, then falls silent.
        let address = try await server.serve { $1 < 30 ? Self.answer($0, $1) : nil }
        try await client.fetch(Self.version, from: address, attempts: 2)
        await server.wait(for: "a full window without answers") { $0.requests.count == 38 }
        await server.reactor.shutdown()
        let reborn = Participant()
        _ = try await reborn.serve(at: address.description, answer: Self.answer)
        await client.wait(for: "the version") { !$0.fetched.isEmpty }
        #expect(try await client.fetched[0].get() == Self.content)
        // Those that had arrived were not asked for again.
        #expect(await reborn.requests.count == (Self.content.count + 511) / 512 - 30)
        await client.reactor.shutdown()
        await reborn.reactor.shutdown()
    }

    @Test func whoeverDoesNotHoldTheVersionIsAskedNoMore() async throws {
        let server = Participant(), client = Participant()
        var other = Self.version
        other.number = 9
        try await client.fetch(other, from: server.serve(answer: Self.answer))
        await client.wait(for: "the refusal") { !$0.fetched.isEmpty }
        guard case .failure(.refused(_, _, let failure)) = await client.fetched[0] else {
            Issue.record("\(await client.fetched)")
            return
        }
        #expect(failure.code == .unknownVersion && failure.message.contains("9"))
        #expect(await client.fetched.count == 1)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    /// A source whose answers are not what was asked for is given up, in bounded time.
    @Test func nonsenseIsAskedForAgainAndAtLastGivenUp() async throws {
        let server = Participant(), client = Participant()
        let address = try await server.serve { message, _ in
            guard case .fetch(var fetch) = message else { return nil }
            fetch.offset = 1
            fetch.byteCount = 7
            return Self.shelf.answer(fetch, maximumChunkBytes: 512)
        }
        try await client.fetch(Self.version, from: address, attempts: 3)
        await client.wait(for: "the end") { !$0.fetched.isEmpty }
        guard case .failure(.refused(_, _, let failure)) = await client.fetched[0] else {
            Issue.record("\(await client.fetched)")
            return
        }
        #expect(failure.code == .malformed)
        #expect(await server.requests.count <= 3 * 8)
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }
}
