package import Model

/// Adjacent tokens of a response that one policy version sampled.
package struct TokenSpan: Sendable, Equatable {
    package var version: UInt64
    /// SHA-256 of the version's weights.
    package var sha256: [UInt8]
    package var count: Int
}

/// Why a response ended.
package enum FinishReason: Sendable, Equatable {
    /// A stop token was sampled; it is the response's last token.
    case stop
    /// The response reached its limit of tokens.
    case length
}

/// One of the G responses to a prompt.
package struct GeneratedResponse: Sendable, Equatable {
    /// Its index within the group.
    package var sample: UInt32
    package var tokens: [Int32]
    /// log p of each token under the version that sampled it, at the request's temperature.
    package var logProbabilities: [Float]
    /// Versions in order; counts add up to `tokens.count`.
    package var spans: [TokenSpan]
    /// Experts of each fed token: row r those in effect when token r + 1 was sampled; tokens.count − 1 rows.
    package var routes: RoutingTable
    /// Indices of the tokens that a thinking budget put in place of sampled ones; nil without any.
    package var forced: Range<Int>?
    package var finish: FinishReason
}

/// All responses to a prompt. Role: the engine's output; a value.
package struct GeneratedGroup: Sendable, Equatable {
    package var group: UInt64
    /// Experts of the prompt's tokens, the last included, as they were when the first tokens were sampled.
    package var promptRoutes: RoutingTable
    /// By sample.
    package var responses: [GeneratedResponse]
}
