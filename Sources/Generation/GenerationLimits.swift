/// What an engine may hold at once. All queues are bounded; what exceeds them is refused by name.
package struct GenerationLimits: Sendable, Equatable {
    /// Responses being generated.
    package var maximumRunningSequences: Int
    /// Blocks of 16 positions of keys and values. Memory is taken up as blocks are first used.
    package var maximumBlocks: Int
    /// Admitted requests waiting for room.
    package var maximumWaitingRequests: Int
    /// Prompt rows computed per step beside the running responses, and rows per chunk when caches are recomputed.
    package var prefillRows: Int

    package init(
        maximumRunningSequences: Int, maximumBlocks: Int, maximumWaitingRequests: Int = 64, prefillRows: Int = 256
    ) {
        self.maximumRunningSequences = maximumRunningSequences
        self.maximumBlocks = maximumBlocks
        self.maximumWaitingRequests = maximumWaitingRequests
        self.prefillRows = prefillRows
    }
}

/// Why an engine refuses a request or stops a step.
package enum GenerationError: Error, Equatable, CustomStringConvertible {
    case emptyPrompt(group: UInt64)
    case token(id: Int32, group: UInt64, vocabulary: Int)
    /// `samples` or `maxTokens` below 1.
    case count(name: String, value: Int, group: UInt64)
    case temperature(Float, group: UInt64)
    case tooLong(positions: Int, maximum: Int, group: UInt64)
    /// The group alone exceeds the engine's limit; it could never start.
    case tooManySamples(samples: Int, maximum: Int, group: UInt64)
    case tooManyBlocks(blocks: Int, maximum: Int, group: UInt64)
    /// A group of that name is running or waiting.
    case duplicate(group: UInt64)
    case queueFull(maximum: Int, group: UInt64)
    /// The policy gave logits that are not finite; nothing was sampled in this step.
    case nonFiniteLogits(group: UInt64, version: UInt64)

    /// The group that cannot be generated.
    package var group: UInt64 {
        switch self {
        case .emptyPrompt(let group), .token(_, let group, _), .count(_, _, let group), .temperature(_, let group),
            .tooLong(_, _, let group), .tooManySamples(_, _, let group), .tooManyBlocks(_, _, let group),
            .duplicate(let group), .queueFull(_, let group), .nonFiniteLogits(let group, _):
            group
        }
    }

    package var description: String {
        switch self {
        case .emptyPrompt(let group): "group \(group) has an empty prompt: give at least one token"
        case .token(let id, let group, let vocabulary):
            "group \(group) contains token id \(id), the vocabulary has \(vocabulary): check tokenizer and model"
        case .count(let name, let value, let group): "group \(group) has \(name) \(value), which must be at least 1"
        case .temperature(let value, let group): "group \(group) has temperature \(value), which must be finite and ≥ 0"
        case .tooLong(let positions, let maximum, let group):
            "group \(group) may grow to \(positions) positions, the model has \(maximum): lower maxTokens"
        case .tooManySamples(let samples, let maximum, let group):
            "group \(group) wants \(samples) samples, the engine runs at most \(maximum): raise its limit"
        case .tooManyBlocks(let blocks, let maximum, let group):
            "group \(group) may need \(blocks) cache blocks, the engine has \(maximum): raise its limit"
        case .duplicate(let group): "group \(group) is already running or waiting"
        case .queueFull(let maximum, let group): "group \(group) refused: \(maximum) requests are waiting already"
        case .nonFiniteLogits(let group, let version):
            "version \(version) gives non-finite logits for group \(group): install another version or cancel it"
        }
    }
}
