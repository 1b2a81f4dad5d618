package import Model
package import Wire

/// A group ready for training: one prompt and its judged responses.
///
/// Owner: the learner's buffer from receipt to optimizer step. Invariant: validated against the model's vocabulary, experts
/// and layers before it is made, so training cannot fail on it.
package struct Experience: Sendable {
    /// One response, as its worker generated and its verifier judged it.
    package struct Response: Sendable {
        package let sample: UInt32
        package let tokens: [Int32]
        /// log μ per token, natural logarithm.
        package let logProbabilities: [Float]
        /// Which version produced which run of tokens, in order.
        package let spans: [VersionSpan]
        /// Nil when the verdict is unknown: the response is masked, never scored 0.
        package let reward: Double?
        package let isCorrect: Bool
        /// Why there is no reward.
        package let unknownReason: String?
        package let finish: ResponseFinish
        /// Tokens that were put there and not sampled, which the loss leaves out.
        package let forced: [Range<Int>]

        /// The lowest version that produced any of the tokens.
        package var oldestVersion: UInt64 { spans.map(\.version).min() ?? 0 }

        /// Per token, whether the policy chose it.
        var sampled: [Bool] {
            var sampled = Array(repeating: true, count: tokens.count)
            for index in forced.joined() { sampled[index] = false }
            return sampled
        }
    }

    package let groupID: UInt64
    package let promptIndex: UInt64
    package let prompt: [Int32]
    package let responses: [Response]
    /// Expert ids of the rollout, rows as in the packed group: the prompt's, then each response's. Nil for a dense model.
    package let routes: RoutingTable?

    init(groupID: UInt64, promptIndex: UInt64, prompt: [Int32], responses: [Response], routes: RoutingTable?) {
        self.groupID = groupID
        self.promptIndex = promptIndex
        self.prompt = prompt
        self.responses = responses
        self.routes = routes
    }

    /// - Parameter prompt: the tokens that were leased for this group.
    package init(
        _ submission: GroupSubmission, promptIndex: UInt64, prompt: [Int32]
    ) throws(PolicyPassError) {
        groupID = submission.groupID
        self.promptIndex = promptIndex
        self.prompt = prompt
        responses = submission.responses.indices.map { index in
            let record = submission.responses[index]
            let range = submission.tokenRange(of: index)
            return Response(
                sample: record.sample, tokens: Array(submission.tokens[range]),
                logProbabilities: Array(submission.logProbabilities[range]), spans: record.spans,
                reward: record.verdict.reward, isCorrect: record.verdict.isCorrect,
                unknownReason: record.verdict.unknownReason, finish: record.finish, forced: record.forced)
        }
        if let promptRoutes = submission.promptRoutes, let responseRoutes = submission.responseRoutes {
            routes = RoutingTable(concatenating: [try RoutingTable(promptRoutes), try RoutingTable(responseRoutes)])
        } else {
            routes = nil
        }
    }

    /// The lowest version that produced any token of the group.
    package var oldestVersion: UInt64 { responses.map(\.oldestVersion).min() ?? 0 }
    /// Rows that the group takes in a packed batch: its prompt once, and every response token but the last.
    package var rows: Int { prompt.count + responses.reduce(0) { $0 + $1.tokens.count - 1 } }
    package var responseTokens: Int { responses.reduce(0) { $0 + $1.tokens.count } }
    /// Memory that the group takes in the buffer, in bytes.
    package var byteCount: Int { prompt.count * 4 + responseTokens * 8 + (routes?.ids.count ?? 0) * 2 }
}

extension WireVerdict {
    /// The score to train on; nil when unknown.
    var reward: Double? {
        switch judgement {
        case .correct(let score), .wrong(let score): score
        case .unknown: nil
        }
    }

    var unknownReason: String? { if case .unknown(let reason) = judgement { reason.rawValue } else { nil } }
    var isCorrect: Bool { if case .correct = judgement { true } else { false } }
}

extension RoutingTable {
    init(_ tensor: RouteTensor) throws(PolicyPassError) {
        try self.init(rows: tensor.rows, layers: tensor.layers, topK: tensor.topK, ids: tensor.ids)
    }
}

extension RoutingTable {
    /// Rows of which at least one layer's experts were not recorded.
    var missingRows: Int {
        guard layers * topK > 0 else { return 0 }
        return (0..<rows).count { row in
            (row * layers * topK..<(row + 1) * layers * topK).contains { ids[$0] == Self.missing }
        }
    }
}
