/// A group as it was accepted: what the learner needs to train on it, and what people want to know of it.
package struct StoredGroup: Sendable, Equatable {
    package var groupID: UInt64
    package var promptIndex: UInt64
    package var leaseID: UInt64
    package var worker: String
    /// By sample.
    package var responses: [StoredResponse]
    /// Experts of all rows, the prompt's and then each response's; nil for a dense model.
    package var routes: StoredRoutes?

    package init(
        groupID: UInt64, promptIndex: UInt64, leaseID: UInt64, worker: String, responses: [StoredResponse],
        routes: StoredRoutes?
    ) {
        self.groupID = groupID
        self.promptIndex = promptIndex
        self.leaseID = leaseID
        self.worker = worker
        self.responses = responses
        self.routes = routes
    }
}

/// One response of a group.
package struct StoredResponse: Sendable, Equatable {
    /// Adjacent tokens that one version sampled.
    package struct Span: Sendable, Equatable {
        package var version: UInt64
        package var count: Int

        package init(version: UInt64, count: Int) {
            self.version = version
            self.count = count
        }
    }

    package var sample: UInt32
    package var tokens: [Int32]
    /// log μ per token, natural logarithm.
    package var logProbabilities: [Float]
    package var spans: [Span]
    /// Tokens that were put there and not sampled, as indices within the response; ascending and disjoint.
    package var forced: [Range<Int>]
    package var text: String?
    /// "stop" or "length".
    package var finish: String
    package var verdict: StoredVerdict

    package init(
        sample: UInt32, tokens: [Int32], logProbabilities: [Float], spans: [Span], forced: [Range<Int>] = [],
        text: String?, finish: String, verdict: StoredVerdict
    ) {
        self.sample = sample
        self.tokens = tokens
        self.logProbabilities = logProbabilities
        self.spans = spans
        self.forced = forced
        self.text = text
        self.finish = finish
        self.verdict = verdict
    }
}

/// What a verifier said of a response.
package struct StoredVerdict: Sendable, Equatable {
    /// "correct", "wrong" or "unknown".
    package var judgement: String
    /// Nil when unknown.
    package var score: Double?
    /// Why it is unknown.
    package var reason: String?
    package var detail: String
    package var verifier: String

    package init(judgement: String, score: Double?, reason: String?, detail: String, verifier: String) {
        self.judgement = judgement
        self.score = score
        self.reason = reason
        self.detail = detail
        self.verifier = verifier
    }
}

/// Expert ids of consecutive rows: `[rows][layers][topK]`, −1 where not recorded.
package struct StoredRoutes: Sendable, Equatable {
    package var rows: Int
    package var layers: Int
    package var topK: Int
    package var ids: [Int16]

    package init(rows: Int, layers: Int, topK: Int, ids: [Int16]) {
        self.rows = rows
        self.layers = layers
        self.topK = topK
        self.ids = ids
    }
}
