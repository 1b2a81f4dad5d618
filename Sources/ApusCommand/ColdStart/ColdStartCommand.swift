import ArgumentParser
import Configuration
import Learner
import Model
import Reward
import Tensor

/// `apus cold-start`: a policy from nothing, by supervised training.
struct ColdStartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cold-start",
        abstract: "Make a policy from nothing by supervised training, for reinforcement learning to start from.",
        discussion: """
            Trains a Qwen3-MoE policy over bytes to imitate demonstrations: by default solutions of task.kind made on the \
            fly from the training split, of which the share --noise is an arbitrary expression (Countdown) or another \
            problem's solution instead (from step --noise-from on); with --dataset the responses of a file. The loss is the mean negative log-probability of the response tokens and the end token. \
            Accuracy is measured on held-out problems, which no demonstration ever shows.

            Writes a Hugging Face directory (config.json, model.safetensors in bf16, tokenizer.json, generation_config.json) \
            and prints the SHA-256 of its model.safetensors. The same command gives the same file, whatever --threads is.

            EXAMPLES
              The bundled policy: see Ops/cold-start.sh.
              apus cold-start --out /tmp/policy --steps 200 --set task.countdown.target_maximum=30
              apus cold-start --out /tmp/policy --set task.kind=sorting --set task.difficulty=2
              apus cold-start --out /tmp/policy --dataset pairs.jsonl    # {"prompt": "…", "response": "…"} lines
            """)

    @Option(help: ArgumentHelp("Directory to write; a model already there is replaced at the end.", valueName: "dir"))
    var out: String

    @Option(help: "Seed of the initial weights, the demonstrations and the evaluation.")
    var seed: UInt64 = 1

    @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Task") var task: TaskOptions

    @Option(help: "Share of demonstrations that are arbitrary answers instead of solutions.")
    var noise = 0.0

    @Option(help: "Step from which on --noise applies: before it, every demonstration is a solution.")
    var noiseFrom = 0

    @Option(
        help: ArgumentHelp("Train on {\"prompt\", \"response\"} lines instead of the task.", valueName: "file.jsonl"))
    var dataset: String?

    @Option(help: "Steps between evaluations; 0 evaluates at the end only.")
    var evaluateEvery = 0

    @Option(help: "Held-out prompts of an evaluation; 0 for none.")
    var evaluationPrompts = 256

    @Option(help: "Steps between lines that show the loss.")
    var reportEvery = 50

    @OptionGroup var threads: ThreadsOption

    func validate() throws {
        guard (0...1).contains(noise) else { throw ValidationError("--noise is \(noise); it must be 0 to 1") }
        for (name, value) in [
            ("--evaluate-every", evaluateEvery), ("--evaluation-prompts", evaluationPrompts),
            ("--noise-from", noiseFrom),
        ] where value < 0 {
            throw ValidationError("\(name) is \(value); it must not be negative")
        }
        guard reportEvery >= 1 else { throw ValidationError("--report-every is \(reportEvery); it must be at least 1") }
    }

    func run() throws {
        let team = threads.team()
        let recipe = architecture.policy
        let tokenizer = try recipe.tokenizer()
        let configuration = try recipe.configuration(tokenizer: tokenizer)
        let layout = ParameterLayout(configuration)
        let trainer = try SupervisedTrainer(
            configuration: configuration,
            master: InitialWeights.arena(
                layout: layout, seed: seed, standardDeviation: architecture.initialDeviation, team: team),
            settings: training.optimizer, team: team)
        let encoder = ExampleEncoder(tokenizer: tokenizer, endToken: configuration.endTokens[0])
        let course = ColdStart(
            trainer: trainer, examples: try examples(encoder), steps: training.steps, batch: training.batch,
            schedule: training.schedule, evaluation: try evaluation(configuration, tokenizer),
            evaluateEvery: evaluateEvery,
            reportEvery: reportEvery, team: team)
        Console.status(
            "\(NumberText.grouped(layout.elementCount)) parameters, "
                + "\(NumberText.bytes(layout.byteCount(.bf16))) in bf16; \(team.threads) threads")
        try course.run()
        try recipe.directory(configuration, trainer.snapshot).save(to: out)
        let file = "\(out)/model.safetensors"
        Console.output("model.safetensors  \(try FileDigest.sha256(file))  \(file)")
    }

    private func examples(_ encoder: ExampleEncoder) throws -> any ExampleSource {
        if let dataset { return try DatasetExamples(path: dataset, encoder: encoder, seed: seed) }
        let task = try task.configuration().task
        guard task.sources.isEmpty else {
            throw CommandFailure(
                "demonstrations are made for task.kind, not for task.sources; give them with --dataset")
        }
        if let kind = ProceduralTask(rawValue: task.kind.rawValue) {
            return ProceduralExamples(
                source: try ProceduralTaskSource(kind, difficulty: task.difficulty ?? 1, seed: seed), noise: noise,
                firstNoisy: UInt64(noiseFrom * training.batch), encoder: encoder)
        }
        let countdown = task.countdown
        let source = try CountdownTaskSource(settings: CountdownSettings(countdown), seed: seed)
        return CountdownExamples(
            clean: try CountdownDemonstrations(source: source, noise: 0),
            noisy: try CountdownDemonstrations(source: source, noise: noise),
            firstNoisy: UInt64(noiseFrom * training.batch), encoder: encoder)
    }

    /// None for a dataset: nothing could judge the answers.
    private func evaluation(_ model: ModelConfiguration, _ tokenizer: Tokenizer) throws -> HeldOutEvaluation? {
        guard dataset == nil, evaluationPrompts > 0 else { return nil }
        let configuration = try task.configuration()
        let encoder = try PromptEncoder(tokenizer, chat: nil)
        let tasks = try TaskSources(
            configuration.task, seed: seed, encoder: encoder,
            longestPrompt: model.longestPrompt(before: configuration.rollout.maxResponseTokens))
        return try HeldOutEvaluation(
            source: tasks.source, model: model, encoder: encoder, endTokens: model.endTokens,
            prompts: evaluationPrompts,
            seed: seed,
            maximumTokens: configuration.rollout.maxResponseTokens)
    }
}
