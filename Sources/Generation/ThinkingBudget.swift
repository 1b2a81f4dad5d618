/// How long a response may think before it has to answer. Role: part of a request; a value.
///
/// When the first `tokens` tokens begin with `openToken` and do not contain `closeToken`, the `stopTokens` follow: they are put
/// in place of what would be sampled, keep the log-probabilities that the policy gives them, and are reported as forced.
package struct ThinkingBudget: Sendable, Equatable {
    /// Tokens from the beginning of the response to where its thoughts must have ended.
    package var tokens: Int
    /// `<think>`
    package var openToken: Int32
    /// `</think>`
    package var closeToken: Int32
    /// What ends the thoughts; contains `closeToken`.
    package var stopTokens: [Int32]

    package init(tokens: Int, openToken: Int32, closeToken: Int32, stopTokens: [Int32]) {
        self.tokens = tokens
        self.openToken = openToken
        self.closeToken = closeToken
        self.stopTokens = stopTokens
    }

    /// The token that must come after `response`; nil leaves it to sampling.
    func forcedToken(after response: [Int32]) -> Int32? {
        let index = response.count - tokens
        guard stopTokens.indices.contains(index) else { return nil }
        let thoughts = response[..<tokens]
        return thoughts.first == openToken && !thoughts.contains(closeToken) ? stopTokens[index] : nil
    }
}
