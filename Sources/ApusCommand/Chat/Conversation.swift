import Generation
import Model
import Tensor

/// A conversation with a policy: the turns so far, and the policy that answers.
///
/// Answer number n of a conversation is a function of the turns before it, the options, and the seed.
struct Conversation {
    private let directory: ModelDirectory
    private let encoder: PromptEncoder
    private let options: ChatOptions
    private let policy: LoadedPolicy
    private let team: ThreadTeam
    private let budget: ThinkingBudget?
    private(set) var messages: [ChatMessage] = []
    private var answers: UInt64 = 0

    init(_ directory: ModelDirectory, options: ChatOptions, team: ThreadTeam) throws {
        self.directory = directory
        self.options = options
        self.team = team
        encoder = try PromptEncoder(directory.tokenizer(), chat: options.settings(for: directory))
        budget = try ThinkingBudget(tokens: options.thinkingBudget ?? 0, encoder)
        policy = LoadedPolicy(snapshot: directory.policy, configuration: directory.configuration, team: team)
        directory.policy.bytes.releaseMappedPages()
    }

    /// What came of a question.
    struct Answer {
        var tokens = 0
        var seconds = 0.0
        /// Whether it reached the longest length.
        var isCut = false
    }

    /// Asks, and hands the answer to `show` piece by piece as it is generated.
    mutating func ask(_ question: String, show: (String) -> Void) throws -> Answer {
        let asked = messages + [ChatMessage(.user, question)]
        let prompt = try encoder.encode(asked).tokens
        let engine = try engine(prompt)
        let clock = ContinuousClock()
        let start = clock.now
        var decoder = StreamingDecoder(encoder.tokenizer)
        var (shown, text) = (0, "")
        func say(_ piece: String) {
            guard !piece.isEmpty else { return }
            text += piece
            show(piece)
        }
        while true {
            let finished = try engine.step().first?.responses.first
            let tokens = finished?.tokens ?? engine.partialResponse(group: answers)
            for token in tokens[shown...] where !directory.endTokens.contains(token) {
                say(decoder.append(sampled: token))
            }
            shown = tokens.count
            guard let finished else { continue }
            say(decoder.finish())
            messages = asked + [ChatMessage(.assistant, text)]
            answers += 1
            return Answer(
                tokens: finished.tokens.count, seconds: (clock.now - start) / .seconds(1),
                isCut: finished.finish == .length)
        }
    }

    /// Begins anew.
    mutating func clear() { messages = [] }

    /// An engine with the question admitted.
    private func engine(_ prompt: [Int32]) throws -> GenerationEngine {
        let room = directory.configuration.maximumPositions - prompt.count + 1
        guard room >= 1 else {
            throw CommandFailure(
                "the conversation has \(prompt.count) tokens, the model takes "
                    + "\(directory.configuration.maximumPositions); begin a new one")
        }
        let length = min(options.maxTokens, room)
        let engine = GenerationEngine(
            configuration: directory.configuration, policy: policy, team: team,
            limits: GenerationLimits(
                maximumRunningSequences: 1, maximumBlocks: 2 * ((prompt.count + length) / 16 + 2)))
        try engine.admit(
            GenerationRequest(
                group: answers, prompt: prompt, samples: 1, maxTokens: length, stopTokens: directory.endTokens,
                temperature: options.temperature, runSeed: options.seed, thinkingBudget: budget))
        return engine
    }
}
