/// What to generate: G responses to one prompt. Role: the engine's input; a value.
package struct GenerationRequest: Sendable, Equatable {
    /// Names the group, and keys its random numbers together with run seed, sample and position.
    package var group: UInt64
    /// Token ids, at least one.
    package var prompt: [Int32]
    /// G, the number of responses.
    package var samples: Int
    /// Most tokens of one response, its stop token included.
    package var maxTokens: Int
    /// A response ends after the first of these, which belongs to it.
    package var stopTokens: [Int32]
    /// Divides the logits; 0 takes the most probable token, with log-probabilities at temperature 1.
    package var temperature: Float
    package var runSeed: UInt64
    /// Nil: the responses may think as long as they like.
    package var thinkingBudget: ThinkingBudget?

    package init(
        group: UInt64, prompt: [Int32], samples: Int, maxTokens: Int, stopTokens: [Int32] = [], temperature: Float = 1,
        runSeed: UInt64, thinkingBudget: ThinkingBudget? = nil
    ) {
        self.group = group
        self.prompt = prompt
        self.samples = samples
        self.maxTokens = maxTokens
        self.stopTokens = stopTokens
        self.temperature = temperature
        self.runSeed = runSeed
        self.thinkingBudget = thinkingBudget
    }

    /// Cached positions of a full-length response: its last token is never fed.
    var maximumPositions: Int { prompt.count + maxTokens - 1 }

    /// Divisor turned factor, computed as the learner does.
    var inverseTemperature: Float { temperature == 0 ? 1 : 1 / temperature }
}
