import Testing
import Wire

@Suite("A group must fit the policy and its lease")
struct GroupSubmissionPolicyTests {
    private let routing = RoutingShape(experts: 4, layers: 2, topK: 2)

    /// Two responses of 2 and 1 tokens to a prompt of 2; routes of the prompt and of the one fed response token.
    private var group: GroupSubmission {
        let record = { (sample: UInt32, count: UInt32) in
            ResponseRecord(
                sample: sample, tokenCount: count,
                spans: [VersionSpan(version: 0, sha256: [UInt8](repeating: 0, count: 32), count: count)],
                verdict: WireVerdict(judgement: .wrong(score: 0)), finish: .stop)
        }
        return GroupSubmission(
            leaseID: 1, groupID: 1, attempt: 0, responses: [record(1, 2), record(0, 1)], tokens: [9, 0, 9],
            logProbabilities: [0, 0, 0],
            promptRoutes: RouteTensor(rows: 2, layers: 2, topK: 2, ids: [0, 1, 2, 3, -1, -1, 3, 2]),
            responseRoutes: RouteTensor(rows: 1, layers: 2, topK: 2, ids: [3, 2, 1, 0]))
    }

    private func refusal(
        dense: Bool = false, vocabularySize: Int = 10, maximumTokens: Int = 2,
        change: (inout GroupSubmission) -> Void = { _ in }
    ) -> GroupSubmissionError? {
        var group = self.group
        change(&group)
        do {
            try group.validate(
                vocabularySize: vocabularySize, routing: dense ? nil : routing, promptLength: 2, samples: 2,
                maximumTokens: maximumTokens)
            return nil
        } catch {
            return error
        }
    }

    @Test("one that fits, with routes missing in part or wholly")
    func fits() {
        #expect(refusal() == nil)
        #expect(
            refusal {
                $0.promptRoutes = nil
                $0.responseRoutes = nil
            } == nil)
    }

    @Test("token ids beyond the vocabulary")
    func tokens() {
        #expect(
            refusal { $0.tokens[2] = 10 }
                == .tokenOutOfRange(sample: 0, position: 0, token: 10, vocabularySize: 10))
        #expect(
            refusal(vocabularySize: 9) == .tokenOutOfRange(sample: 1, position: 0, token: 9, vocabularySize: 9))
    }

    @Test("expert ids out of range, and twice in a row")
    func experts() {
        #expect(
            refusal { $0.promptRoutes?.ids[3] = 4 }
                == .expertOutOfRange(tensor: "prompt_routes", row: 0, layer: 1, expert: 4, experts: 4))
        #expect(
            refusal { $0.responseRoutes?.ids[3] = 1 }
                == .duplicateExpert(tensor: "response_routes", row: 0, layer: 1, expert: 1))
        for index in 6...7 {
            #expect(
                refusal { $0.promptRoutes?.ids[index] = -1 }
                    == .partialChoice(tensor: "prompt_routes", row: 1, layer: 1))
        }
    }

    @Test("routes of another shape")
    func shapes() {
        #expect(refusal(dense: true) == .unexpectedRoutes)
        let narrow = RouteTensor(rows: 2, layers: 2, topK: 1, ids: [0, 0, 0, 0])
        #expect(refusal { $0.promptRoutes = narrow }?.code == "route_shape")
        let short = RouteTensor(rows: 1, layers: 2, topK: 2, ids: [0, 1, 0, 1])
        #expect(refusal { $0.promptRoutes = short } == .routeRows(tensor: "prompt_routes", found: 1, expected: 2))
        let long = RouteTensor(rows: 2, layers: 2, topK: 2, ids: [0, 1, 0, 1, 0, 1, 0, 1])
        #expect(refusal { $0.responseRoutes = long } == .routeRows(tensor: "response_routes", found: 2, expected: 1))
    }

    @Test("not what the lease asked for")
    func lease() {
        #expect(refusal { $0.responses.removeLast() } == .responseCount(found: 1, expected: 2))
        #expect(refusal { $0.responses[0].sample = 2 } == .sampleOutOfRange(sample: 2, samples: 2))
        #expect(refusal(maximumTokens: 1) == .tooManyTokens(sample: 1, tokens: 2, limit: 1))
    }

    @Test("the refusal becomes a receipt")
    func receipt() {
        let error = refusal { $0.responseRoutes?.ids[3] = 1 }
        let message = "response_routes, row 0, layer 1: expert 1 twice"
        #expect(error?.outcome == .rejected(code: "duplicate_expert", message: message))
    }
}
