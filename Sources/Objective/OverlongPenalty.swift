/// DAPO's soft overlong punishment (arXiv 2503.14476, eq. 13), added to a response's reward.
///
///     0                                 length ≤ limit − buffer
///     (limit − buffer − length)/buffer  in between
///     −1                                length > limit
///
/// All lengths in tokens. The paper uses a limit of 20480 with a buffer of 4096.
package struct OverlongPenalty: Sendable, Equatable {
    package var limit: Int
    package var buffer: Int

    package init(limit: Int, buffer: Int) {
        precondition(buffer > 0 && buffer <= limit, "buffer \(buffer) must be in 1...\(limit)")
        self.limit = limit
        self.buffer = buffer
    }

    /// The penalty of a response of `length` tokens, in [−1, 0].
    package func penalty(length: Int) -> Double {
        let excess = length - (limit - buffer)
        return excess <= 0 ? 0 : max(-1, -Double(excess) / Double(buffer))
    }
}
