/// DAPO's soft overlong punishment (arXiv 2503.14476, eq. 13), added to a response's reward before advantages.
///
///     0                                          length ≤ limit − buffer
///     maximum · (limit − buffer − length)/buffer in between
///     −maximum                                   length > limit
///
/// All lengths in tokens. The paper uses a limit of 20480 with a buffer of 4096 and a maximum of 1.
package struct OverlongPenalty: Sendable, Equatable, CustomStringConvertible {
    package var limit: Int
    package var buffer: Int
    /// What a response at the limit loses.
    package var maximum: Double

    package init(limit: Int, buffer: Int, maximum: Double = 1) {
        precondition(buffer > 0 && buffer <= limit, "buffer \(buffer) must be in 1...\(limit)")
        self.limit = limit
        self.buffer = buffer
        self.maximum = maximum
    }

    /// The penalty of a response of `length` tokens, in [−maximum, 0].
    package func penalty(length: Int) -> Double {
        let excess = length - (limit - buffer)
        return excess <= 0 ? 0 : maximum * max(-1, -Double(excess) / Double(buffer))
    }

    package var description: String {
        "up to −\(maximum), growing over the last \(buffer) of \(limit) tokens"
    }
}
