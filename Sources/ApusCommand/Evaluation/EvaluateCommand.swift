import ArgumentParser
import Configuration
import Generation
import JSON
import Learner
import Model
import Tensor

/// `apus evaluate`: accuracy on held-out prompts.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Score a policy on held-out prompts.",
        discussion: """
            Answers prompts of the evaluation split, which no training ever shows, and verifies the answers. Responses that \
            cannot be judged are counted as unknown and are no part of the accuracy. The 95 % confidence interval is \
            Wilson's, for as many independent responses as the samples per prompt are worth.

            The task is that of a run's configuration; prompts, samples and temperature default to its `evaluation` section. \
            The same command gives the same counts, whatever --threads and --concurrency are.

            EXAMPLES
              apus evaluate --model Cluster/policies/countdown --config Cluster/configs/quickstart.yaml
              apus evaluate --model runs/quickstart/export --prompts 1024 --temperature 0 --json
            """)

    @OptionGroup var model: ModelOption
    @OptionGroup var task: TaskOptions

    @Option(help: "Held-out prompts. (default: evaluation.prompts)")
    var prompts: Int?

    @Option(help: "Responses per prompt. (default: evaluation.samples_per_prompt)")
    var samples: Int?

    @Option(help: "Sampling temperature; 0 takes the likeliest token. (default: evaluation.temperature)")
    var temperature: Double?

    @Option(help: "Seed of the sampling, not of the prompts. (default: run.seed)")
    var seed: UInt64?

    @Option(help: "Longest response in tokens. (default: rollout.max_response_tokens)")
    var maxTokens: Int?

    @Option(help: "Responses generated at the same time.")
    var concurrency = 64

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @OptionGroup var precision: RolloutPrecisionOption
    @OptionGroup var threads: ThreadsOption

    func validate() throws {
        for (name, value) in [
            ("--prompts", prompts), ("--samples", samples), ("--max-tokens", maxTokens), ("--concurrency", concurrency),
        ] {
            if let value, value < 1 { throw ValidationError("\(name) is \(value); it must be at least 1") }
        }
        if let temperature, !(0...100).contains(temperature) {
            throw ValidationError("--temperature is \(temperature); it must be 0 to 100")
        }
    }

    func run() throws {
        let configuration = try task.configuration()
        let directory = try model.load()
        let team = threads.team()
        let policy = LoadedPolicy(
            snapshot: directory.policy, configuration: directory.configuration,
            arithmetic: precision.products.arithmetic, precision: precision.rolloutPrecision, team: team)
        directory.policy.bytes.releaseMappedPages()
        let encoder = try PromptEncoder(directory.tokenizer(), chat: ChatSettings(configuration.rollout.chat))
        let budget = configuration.rollout.chat.thinkingBudgetTokens
        let longest = maxTokens ?? configuration.rollout.maxResponseTokens
        let tasks = try TaskSources(
            configuration.task, seed: configuration.run.seed, encoder: encoder,
            longestPrompt: directory.configuration.longestPrompt(before: longest))
        let evaluation = try HeldOutEvaluation(
            source: tasks.source, model: directory.configuration,
            encoder: encoder, endTokens: directory.endTokens,
            thinkingBudget: try ThinkingBudget(tokens: budget, encoder),
            prompts: prompts ?? configuration.evaluation.prompts,
            samples: samples ?? configuration.evaluation.samplesPerPrompt,
            temperature: Float(temperature ?? configuration.evaluation.temperature),
            seed: seed ?? configuration.run.seed, maximumTokens: longest,
            concurrency: concurrency)
        let result = try evaluation.run(policy, team: team)
        json ? printJSON(evaluation, result, directory) : printText(evaluation, result)
    }

    private func printText(_ evaluation: HeldOutEvaluation, _ result: HeldOutEvaluation.Result) {
        Console.output(
            "\(evaluation.prompts) held-out prompts × \(evaluation.samples) at temperature \(evaluation.temperature): "
                + result.accuracyText)
        Console.output("  \(result.countsText)")
        Console.output(
            "  \(NumberText.grouped(result.generatedTokens)) tokens in \(NumberText.fixed(result.seconds, 1)) s: "
                + "\(NumberText.rate(result.tokensPerSecond)) tokens/s")
    }

    private func printJSON(
        _ evaluation: HeldOutEvaluation, _ result: HeldOutEvaluation.Result, _ directory: ModelDirectory
    ) {
        var object = JSONObject()
        object.append("model", .string(model.model))
        object.append("policy_sha256", .string(Hexadecimal.text(directory.policy.sha256)))
        object.append("prompts", .integer(evaluation.prompts))
        object.append("samples_per_prompt", .integer(evaluation.samples))
        object.append("temperature", .number(Double(evaluation.temperature)))
        object.append("seed", .string(String(evaluation.seed)))
        for member in result.json.members { object.append(member.key, member.value) }
        object.append("seconds", .number(result.seconds))
        object.append("tokens_per_second", .number(result.tokensPerSecond))
        Console.output(String(decoding: JSONWriter.write(.object(object)), as: UTF8.self))
    }
}
