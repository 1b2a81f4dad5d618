import Testing
import Wire

@Suite("What was sent is what is read")
struct RoundTripTests {
    @Test("every kind of message, 300 random ones each", arguments: 0..<RandomMessages.kinds)
    func everyMessage(kind: Int) throws {
        var random = RandomMessages(seed: UInt64(kind))
        for round in 0..<300 {
            let sent = random.envelope(kind: kind)
            let read = try WireCoder.decode(try WireCoder.encode(sent))
            #expect(read == sent, "round \(round)")
        }
    }

    @Test("the generator makes every kind")
    func kindsAreComplete() {
        var random = RandomMessages(seed: 1)
        let names = Set((0..<RandomMessages.kinds).map { random.message(kind: $0).name })
        #expect(names.count == RandomMessages.kinds)
    }

    @Test("frames may lie at any address, as ZeroMQ delivers them")
    func unalignedFrames() throws {
        var random = RandomMessages(seed: 3)
        let sent = random.envelope(kind: 8)
        let shifted = try WireCoder.encode(sent).map { Frame(copying: [0] + $0.bytes).slice(1..<$0.count + 1) }
        #expect(try WireCoder.decode(shifted) == sent)
    }

    @Test("bulk bytes are copied by neither side")
    func bulkBytesAreShared() throws {
        let weights = Frame(copying: [UInt8](repeating: 9, count: 5000))
        let part = weights.slice(1000..<3000)
        let sent = Envelope(
            messageID: 1, message: .chunk(Chunk(versionNumber: 3, offset: 1000, content: part)))
        let frames = try WireCoder.encode(sent)
        #expect(sharesMemory(frames[1], weights))
        guard case .chunk(let chunk) = try WireCoder.decode(frames).message else {
            Issue.record("not a chunk")
            return
        }
        #expect(sharesMemory(chunk.content, weights))
        #expect(chunk.content == part)
    }

    private func sharesMemory(_ frame: Frame, _ other: Frame) -> Bool {
        frame.owner === other.owner
    }

    @Test("routes travel in one byte per id if they fit, else in two", arguments: [(254, 1), (255, 2), (30_000, 2)])
    func routeWidth(expert: Int16, width: Int) throws {
        var random = RandomMessages(seed: 4)
        var group = random.groupSubmission()
        group.responseRoutes = nil
        group.promptRoutes = RouteTensor(rows: 2, layers: 2, topK: 2, ids: [-1, expert, 0, 1, 2, 3, 4, 5])
        let sent = Envelope(messageID: 1, message: .groupSubmission(group))
        let frames = try WireCoder.encode(sent)
        #expect(frames.last?.count == 8 * width)
        #expect(frames.last?.bytes.prefix(width) == [0xFF, 0xFF].prefix(width))
        #expect(try WireCoder.decode(frames) == sent)
    }

    @Test("notes for people are cut and cleaned, never refused")
    func notesAlwaysFit() throws {
        let note = "offending value: \0" + String(repeating: "漢", count: 5000)
        let frames = try WireCoder.encode(
            Envelope(messageID: 1, message: .failure(Failure(code: .malformed, message: note))))
        guard case .failure(let failure) = try WireCoder.decode(frames).message else {
            Issue.record("not a failure")
            return
        }
        #expect(failure.message.hasPrefix("offending value: \u{2400}漢"))
        #expect(failure.message.utf8.count <= WireCap.noteBytes)
        #expect(failure.message.utf8.count > WireCap.noteBytes - 4)
    }

    @Test("a response's tokens and route rows are found in the flat arrays")
    func ranges() {
        var random = RandomMessages(seed: 5)
        for _ in 0..<100 {
            let group = random.groupSubmission()
            var token = 0
            var row = 0
            for (index, response) in group.responses.enumerated() {
                #expect(group.tokenRange(of: index) == token..<token + Int(response.tokenCount))
                #expect(group.routeRows(of: index) == row..<row + Int(response.tokenCount) - 1)
                token += Int(response.tokenCount)
                row += Int(response.tokenCount) - 1
            }
        }
    }
}
