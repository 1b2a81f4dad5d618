import Testing
import Wire

/// Messages whose form is right and whose values are not.
extension MalformedTests {
    @Test(
        "forced tokens that are empty, overlap, run backwards or past the end",
        arguments: [
            [0..<0], [0..<2, 1..<3], [1..<2, 0..<1], [0..<4], [3..<4],
        ])
    func forcedRanges(_ ranges: [Range<Int>]) {
        let error = refusal { $0.responses[0].forced = ranges }
        guard case .invalid(field: "response.forced", _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("log-probabilities that are not finite or above 0")
    func logProbabilities() throws {
        for value in [Float.nan, .infinity, -.infinity] {
            #expect(refusal { $0.logProbabilities[2] = value } == .nonFiniteLogProbability(index: 2))
            // A peer that does not check before sending: the same at the receiver.
            var bytes = try frames()[2].bytes
            withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.replaceSubrange(8..<12, with: $0) }
            let received = try forged(logProbabilities: bytes)
            #expect(refusal(received) == .nonFiniteLogProbability(index: 2))
        }
        #expect(refusal { $0.logProbabilities[1] = 0.5 } == .positiveLogProbability(index: 1, value: 0.5))
        #expect(refusal { $0.logProbabilities[1] = 1e-6 } == nil)
    }

    /// The submission with other bytes in its second tensor, and the checksum that fits them.
    private func forged(logProbabilities: [UInt8]) throws -> [Frame] {
        let whole = try frames()
        let old = checksumBytes(whole[2].bytes)
        var first = whole[0].bytes
        let place = try #require(
            first.indices.first { $0 + 4 <= first.count && Array(first[$0..<$0 + 4]) == old })
        first.replaceSubrange(place..<place + 4, with: checksumBytes(logProbabilities))
        return [Frame(copying: first), whole[1], Frame(copying: logProbabilities)]
    }

    private func checksumBytes(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: referenceChecksum(bytes).littleEndian) { Array($0) }
    }

    @Test("counts that do not add up")
    func counts() {
        #expect(refusal { $0.tokens.append(5) } == .shares(tensor: "tokens", sum: 4, elements: 5))
        #expect(
            refusal { $0.logProbabilities.removeLast() } == .shares(tensor: "log_probabilities", sum: 4, elements: 3))
        #expect(refusal { $0.responses[0].spans[0].count = 2 } == .spanSum(sample: 0, sum: 2, tokens: 3))
        #expect(refusal { $0.responses[0].spans = [] } == .spanSum(sample: 0, sum: 0, tokens: 3))
        #expect(refusal { $0.responses[0].tokenCount = 0 }?.reason == "invalid_field")
        #expect(refusal { $0.responses = [] }?.reason == "invalid_field")
        #expect(refusal { $0.responses[1].sample = 0 }?.reason == "invalid_field")
        let mixed = VersionSpan(version: 2, sha256: [UInt8](repeating: 1, count: 32), count: 1)
        #expect(
            refusal {
                $0.responses[0].spans[0].count = 2
                $0.responses[0].spans.insert(mixed, at: 0)
            }?.description == "span.version is 1, expected ≥ 2")
    }

    @Test("tokens, hashes, scores, routes")
    func values() {
        #expect(refusal { $0.tokens[3] = -1 } == .negativeToken(index: 3, token: -1))
        #expect(refusal { $0.responses[0].spans[0].sha256.removeLast() }?.reason == "invalid_field")
        #expect(refusal { $0.responses[0].verdict.judgement = .wrong(score: .nan) }?.reason == "invalid_field")
        #expect(refusal { $0.responses[0].verdict.latencyMilliseconds = -1 }?.reason == "invalid_field")
        let routes = RouteTensor(rows: 2, layers: 1, topK: 2, ids: [0, 1, 2, 3])
        #expect(refusal { $0.responseRoutes = routes } == nil)
        #expect(refusal { $0.responseRoutes = RouteTensor(rows: 3, layers: 1, topK: 1, ids: [0, 1, 2]) } != nil)
        #expect(refusal { $0.responseRoutes = RouteTensor(rows: 2, layers: 1, topK: 2, ids: [0]) } != nil)
        #expect(refusal { $0.promptRoutes = RouteTensor(rows: 1, layers: 0, topK: 2, ids: []) } != nil)
        #expect(refusal { $0.promptRoutes = RouteTensor(rows: 1, layers: 1, topK: 1, ids: [-2]) } != nil)
        #expect(refusal { $0.promptRoutes = RouteTensor(rows: .max, layers: .max, topK: .max, ids: []) } != nil)
    }

    @Test("texts that are not UTF-8, names that are not identifiers")
    func texts() {
        let invalid = ProtobufWriter.envelope {
            $0.message(27) {
                $0.text(2, "exact")
                $0.data(5, [0xC3, 0x28])
                $0.varint(6, 1)
            }
        }
        #expect(
            refusal([invalid])
                == .invalid(field: "verify_request.response", value: "not UTF-8", expected: "UTF-8 text"))
        for name in ["", "a b", "../x", ".hidden", "ü", "x\n", String(repeating: "x", count: 129)] {
            let request = VerifyRequest(
                requestID: 1, kind: name, payload: [], prompt: "", response: "", deadlineMilliseconds: 1)
            let error = wireError { () throws(WireError) in
                _ = try WireCoder.encode(Envelope(messageID: 1, message: .verifyRequest(request)))
            }
            #expect(error != nil, "\(name)")
        }
    }

    @Test("every error says what was wrong and maps to a code")
    func mapping() {
        let error = WireError.oversized(what: "x", count: 2, limit: 1)
        #expect(error.failure == Failure(code: .oversized, message: "oversized: x is 2, at most 1 allowed"))
        #expect(WireError.missingBody.failureCode == .malformed)
    }
}
