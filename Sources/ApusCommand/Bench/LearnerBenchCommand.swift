import ArgumentParser
import JSON
import Model
import Tensor

/// `apus bench learner`: tokens/s of log-probabilities and of training.
struct LearnerBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "learner",
        abstract: "Tokens per second of log-probabilities (forward) and of training (forward and backward).",
        discussion: """
            A batch of groups of random tokens, as the learner gets them: each prompt is computed once for all responses \
            of its group. A token counts once when it is computed, prompt tokens included, a response's last token, which \
            is never fed, not. The update (AdamW, and packing the new weights) is timed for itself.

            EXAMPLES
              apus bench learner
              apus bench learner --groups 64 --group-size 1 --prompt-tokens 1 --response-tokens 64
            """)

    @OptionGroup var model: BenchModelOption

    @Option(help: "Groups in the batch.")
    var groups = 16

    @Option(help: "Responses per group.")
    var groupSize = 8

    @Option(help: "Tokens of each prompt.")
    var promptTokens = 16

    @Option(help: "Tokens of each response.")
    var responseTokens = 32

    @OptionGroup var products: ArithmeticOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var options: BenchOptions

    func validate() throws {
        for (name, value) in [
            ("--groups", groups), ("--group-size", groupSize), ("--prompt-tokens", promptTokens),
            ("--response-tokens", responseTokens),
        ] where !(1...100_000).contains(value) {
            throw ValidationError("\(name) is \(value); it must be 1 to 100000")
        }
    }

    func run() throws {
        let directory = try ModelDirectory(path: model.model)
        let team = threads.team()
        let bench = try LearnerBenchmark(
            directory, batch: batch(directory.configuration), arithmetic: products.arithmetic, team: team)
        let progress = Progress("learner", total: options.repetitions, unit: "repetitions")
        for repetition in 0..<options.repetitions {
            try bench.repeatOnce()
            progress.update(repetition + 1)
        }
        progress.clear()
        try publish(bench, directory, threads: team.threads)
    }

    private func batch(_ configuration: ModelConfiguration) -> PackedBatch {
        .groups(
            (0..<groups).map { group in
                let first = group * (groupSize + 1)
                return (
                    prompt: SyntheticTokens.sequence(first, count: promptTokens, configuration),
                    responses: (1...groupSize).map {
                        SyntheticTokens.sequence(first + $0, count: responseTokens, configuration)
                    }
                )
            })
    }

    private func publish(_ bench: LearnerBenchmark, _ directory: ModelDirectory, threads: Int) throws {
        let rows = Double(bench.batch.rowCount)
        let forward = Repetitions(bench.forward.wall.map { rows / $0 })
        let training = Repetitions(bench.training.wall.map { rows / $0 })
        let forwardByProcessor = Repetitions(bench.forward.processor.map { rows / $0 })
        let trainingByProcessor = Repetitions(bench.training.processor.map { rows / $0 })
        let update = Repetitions(bench.update.wall)
        var object = JSONObject()
        object.append("model", .string(model.model))
        object.append("arithmetic", .string(products.arithmetic.rawValue))
        object.append("weights", .string(directory.policy.precision.rawValue))
        object.append("groups", .integer(groups))
        object.append("group_size", .integer(groupSize))
        object.append("prompt_tokens", .integer(promptTokens))
        object.append("response_tokens", .integer(responseTokens))
        object.append("tokens_computed", .integer(bench.batch.rowCount))
        object.append("forward_tokens_per_second", forward.json)
        object.append("training_tokens_per_second", training.json)
        object.append("forward_tokens_per_processor_second", forwardByProcessor.json)
        object.append("training_tokens_per_processor_second", trainingByProcessor.json)
        object.append("update_seconds", update.json)
        var table = AlignedTable()
        table.add(["", "median", "least", "greatest"])
        for (name, rates) in [
            ("forward, tokens/s", forward), ("forward + backward, tokens/s", training),
            ("forward, tokens per processor s", forwardByProcessor),
            ("forward + backward, tokens per processor s", trainingByProcessor),
        ] {
            table.add([name] + [rates.median, rates.minimum, rates.maximum].map(NumberText.rate))
        }
        table.add(
            ["update, ms"] + [update.median, update.minimum, update.maximum].map { NumberText.fixed($0 * 1000, 1) })
        let heading =
            "\(model.model), \(directory.policy.precision.rawValue) weights; \(groups) groups × \(groupSize) responses, "
            + "\(promptTokens) + \(responseTokens) tokens: \(bench.batch.rowCount) computed\n"
        try options.publish("learner", machine: Machine(), threads: threads, object, table: heading + table.text)
    }
}
