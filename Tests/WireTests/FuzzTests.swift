import Testing
import Wire

/// Damaged messages by the ten thousand: decoding ends, with a message or an error, within its memory.
@Suite("Damaged messages harm nobody", .serialized)
struct FuzzTests {
    @Test("20,000 mutations of valid messages")
    func mutations() {
        var random = RandomMessages(seed: 2026)
        let limits = WireLimits(parsingBytes: 1 << 20)
        var accepted = 0
        var reasons: Set<String> = []
        for round in 0..<20_000 {
            let envelope = random.envelope(kind: round % RandomMessages.kinds)
            let error = wireError { () throws(WireError) in
                let damaged = mutate(try WireCoder.encode(envelope), &random)
                let read = try WireCoder.decode(damaged, limits: limits)
                accepted += 1
                // What is accepted is a valid message: it can be sent on, and is then read the same.
                let again = try WireCoder.decode(try WireCoder.encode(read))
                #expect(again == read, "round \(round)")
            }
            if let error {
                reasons.insert(error.reason)
                if case .oversized("memory to parse the envelope", let spent, let limit) = error {
                    #expect(spent <= limit)
                }
            }
        }
        // The mutations reach deep: some pass, and the others fail for many reasons.
        #expect(accepted > 100 && accepted < 15_000)
        #expect(reasons.count >= 8, "\(reasons.sorted())")
    }

    @Test("parsing takes no more memory than allowed, whatever is allowed")
    func memoryCap() throws {
        var random = RandomMessages(seed: 11)
        for kind in 0..<RandomMessages.kinds {
            let envelope = random.envelope(kind: kind)
            let frames = try WireCoder.encode(envelope)
            var allowed = 1
            while true {
                do {
                    #expect(try WireCoder.decode(frames, limits: WireLimits(parsingBytes: allowed)) == envelope)
                    break
                } catch WireError.oversized(_, let spent, let limit) {
                    #expect(spent <= limit && limit == allowed)
                    allowed += 1 + allowed / 16
                }
            }
        }
    }

    @Test("20,000 envelopes of noise behind a good preamble")
    func noise() {
        var random = RandomMessages(seed: 77)
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
            let field = UInt64(16 + random.below(18))
            let frame = ProtobufWriter.envelope { $0.data(field, bytes) }
            _ = wireError { () throws(WireError) in _ = try WireCoder.decode([frame]) }
        }
    }

    private func mutate(_ frames: [Frame], _ random: inout RandomMessages) -> [Frame] {
        var frames = frames.map(\.bytes)
        for _ in 0...random.below(3) {
            // The envelope is the more interesting victim.
            let victim = random.flag() ? 0 : random.below(frames.count)
            switch random.below(6) {
            case 0 where !frames[victim].isEmpty:
                frames[victim][random.below(frames[victim].count)] ^= 1 << UInt8(random.below(8))
            case 1 where !frames[victim].isEmpty:
                frames[victim][random.below(frames[victim].count)] = UInt8(random.below(256))
            case 2: frames[victim].removeLast(random.below(frames[victim].count + 1))
            case 3: frames[victim].insert(UInt8(random.below(256)), at: random.below(frames[victim].count + 1))
            case 4: frames.append(frames[victim])
            case 5 where frames.count > 1: frames.swapAt(random.below(frames.count), random.below(frames.count))
            default: frames[victim] += frames[victim].suffix(random.below(40))
            }
        }
        return frames.map { Frame(copying: $0) }
    }
}
