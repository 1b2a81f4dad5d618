package import Wire

/// What the learner's decisions depend on; fixed for the length of a run.
package struct LearnerSettings: Sendable {
    package var runID: String
    package var runSeed: UInt64
    package var incarnation: UInt64
    /// The run's resolved configuration as JSON, for members.
    package var configurationJSON: [UInt8]
    /// config.json, tokenizer.json, …: what a worker needs besides weights.
    package var assets: [Asset]
    /// What a submission must fit, from the model's configuration.
    package var vocabularySize: Int
    /// Nil for a dense model.
    package var routing: RoutingShape?
    package var heartbeatInterval: Duration
    package var memberTimeout: Duration
    package var leaseDuration: Duration
    package var groupSize: Int
    package var maximumTokens: Int
    package var temperature: Float
    package var stopTokens: [Int32]
    /// Nil: responses may think as long as they like.
    package var thinkingBudget: LeasedThinkingBudget?
    package var batchGroups: Int
    /// Whether groups without spread are dropped, and other prompts' groups take their place.
    package var samplesDynamically: Bool
    package var schedule: Schedule
    /// How the task's sources open one after another; nil: all are open.
    package var curriculum: Curriculum.Rule?
    /// Share of unknown verdicts, of a batch's worth of them, above which the learner warns.
    package var unknownAlarmShare: Double
    package var bufferBytes: Int
    package var chunkBytes: Int
    /// Versions held for broadcasters.
    package var versionsServed: Int
}

/// A prompt of the training task, ready to be leased.
package struct LeasedPrompt: Sendable, Equatable {
    package let tokens: [Int32]
    package let text: String
    package let verifierKind: String
    /// A JSON object in UTF-8, for the verifier.
    package let payload: [UInt8]

    package init(tokens: [Int32], text: String, verifierKind: String, payload: [UInt8]) {
        self.tokens = tokens
        self.text = text
        self.verifierKind = verifierKind
        self.payload = payload
    }
}

/// The training prompts in their order: the same index always gives the same prompt.
package protocol PromptSource: Sendable {
    func prompt(_ index: UInt64) -> LeasedPrompt

    /// Which of the task's sources it is from, counted in the order in which they open.
    func sourceNumber(of index: UInt64) -> Int
}

extension PromptSource {
    package func sourceNumber(of index: UInt64) -> Int { 0 }
}
