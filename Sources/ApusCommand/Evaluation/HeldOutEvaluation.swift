import Generation
import Learner
import Model
import Reward
import Tensor

/// Scores a policy on held-out prompts: prompts 0 ..< `prompts` of the evaluation split (as many as there are), each answered `samples` times.
///
/// The random numbers of a response depend on (seed, prompt, sample) only, so the result is the same for any number of
/// threads and any concurrency.
struct HeldOutEvaluation {
    /// The prompts, how to judge responses to them, and their tokens.
    private let tasks: [TaskPrompt]
    private let encoded: [[Int32]]
    private let tokenizer: Tokenizer
    private let endTokens: [Int32]
    private let thinkingBudget: ThinkingBudget?
    let samples: Int
    /// 0 takes the most probable token.
    var temperature: Float
    let seed: UInt64
    /// Longest response in tokens, the end token included.
    let maximumTokens: Int
    /// Responses generated at the same time.
    let concurrency: Int

    /// Makes the prompts. Throws when the task has none, or when a response could outgrow the model.
    init(
        source: any TaskSource, model: ModelConfiguration, encoder: PromptEncoder,
        endTokens: [Int32], thinkingBudget: ThinkingBudget? = nil, prompts: Int, samples: Int = 1,
        temperature: Float = 1, seed: UInt64, maximumTokens: Int, concurrency: Int = 64
    ) throws {
        // No prompt twice: that would feign precision.
        let available = min(prompts, source.count(of: .evaluation) ?? prompts)
        guard available > 0 else {
            throw CommandFailure(
                "nothing is held out for evaluation; set hold_out or evaluation_file of the files in task.sources")
        }
        tasks = try (0..<available).map { try source.prompt(at: UInt64($0), split: .evaluation) }
        encoded = try tasks.map { try encoder.encode($0).tokens }
        (tokenizer, self.endTokens, self.thinkingBudget) = (encoder.tokenizer, endTokens, thinkingBudget)
        (self.samples, self.temperature, self.seed) = (samples, temperature, seed)
        (self.maximumTokens, self.concurrency) = (maximumTokens, concurrency)
        let longestPrompt = encoded.map(\.count).max() ?? 0
        let room = model.maximumPositions - longestPrompt + 1
        guard maximumTokens <= room else {
            throw CommandFailure(
                "a prompt of \(longestPrompt) tokens leaves the model room for \(room), not for the longest response of "
                    + "\(maximumTokens); lower rollout.max_response_tokens")
        }
    }

    var prompts: Int { tasks.count }

    /// Counts over all responses.
    struct Result {
        var correct = 0
        var wrong = 0
        /// Not judged, by reason; no part of the accuracy.
        var unknown: [UnknownReason: Int] = [:]
        /// Cut at the longest length, among all.
        var truncated = 0
        var generatedTokens = 0
        var seconds = 0.0
        /// nil when nothing was judged.
        var estimate: AccuracyEstimate?

        var responses: Int { correct + wrong + unknown.values.reduce(0, +) }
        var tokensPerSecond: Double { Double(generatedTokens) / max(seconds, 1e-9) }
    }

    func run(_ policy: LoadedPolicy, team: ThreadTeam) throws -> Result {
        let engine = engine(policy, team: team)
        let progress = Progress("evaluation", total: prompts, unit: "prompts")
        defer { progress.clear() }
        var result = Result()
        var counts = [(judged: Int, correct: Int)](repeating: (0, 0), count: prompts)
        var (admitted, finished) = (0, 0)
        while finished < prompts {
            while admitted < prompts, engine.waitingRequests < 2 {
                try engine.admit(request(admitted, encoded[admitted]))
                admitted += 1
            }
            for group in try engine.step() {
                let index = Int(group.group)
                counts[index] = try judge(group, tasks[index].verification, &result)
                finished += 1
            }
            progress.update(finished)
        }
        result.seconds = progress.seconds
        result.estimate = AccuracyEstimate(counts.filter { $0.judged > 0 })
        return result
    }

    private func engine(_ policy: LoadedPolicy, team: ThreadTeam) -> GenerationEngine {
        let running = max(concurrency, samples)
        let blocksPerResponse = ((encoded.map(\.count).max() ?? 0) + maximumTokens) / 16 + 2
        return GenerationEngine(
            configuration: policy.configuration, policy: policy, team: team,
            limits: GenerationLimits(
                maximumRunningSequences: running, maximumBlocks: 2 * running * blocksPerResponse))
    }

    private func request(_ index: Int, _ prompt: [Int32]) -> GenerationRequest {
        GenerationRequest(
            group: UInt64(index), prompt: prompt, samples: samples, maxTokens: maximumTokens, stopTokens: endTokens,
            temperature: temperature, runSeed: seed, thinkingBudget: thinkingBudget)
    }

    private func judge(
        _ group: GeneratedGroup, _ task: VerificationTask, _ result: inout Result
    ) throws -> (judged: Int, correct: Int) {
        var count = (judged: 0, correct: 0)
        for response in group.responses {
            result.generatedTokens += response.tokens.count
            if response.finish == .length { result.truncated += 1 }
            let text = tokenizer.decode(sampled: response.tokens.filter { !endTokens.contains($0) })
            switch VerifierRegistry.standard.verify(response: text, task: task) {
            case .correct:
                result.correct += 1
                count.correct += 1
                count.judged += 1
            case .wrong:
                result.wrong += 1
                count.judged += 1
            case .unknown(let reason):
                result.unknown[reason, default: 0] += 1
            }
        }
        return count
    }
}
