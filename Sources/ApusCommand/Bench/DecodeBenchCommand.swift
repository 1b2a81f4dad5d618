import ArgumentParser
import Generation
import JSON
import Model
import Tensor

/// `apus bench decode`: tokens/s of generation by batch size.
struct DecodeBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Tokens per second of generation at several batch sizes.",
        discussion: """
            Independent prompts of random tokens, none sharing anything; the time to read them is left out. Sampling at \
            temperature 1 and recording of log-probabilities and experts are included, as in a rollout worker.

            EXAMPLES
              apus bench decode
              apus bench decode --model DIR --batches 1,32 --new-tokens 128 --threads 2
            """)

    @OptionGroup var model: BenchModelOption

    @Option(help: ArgumentHelp("Responses generated at the same time.", valueName: "b,b,…"))
    var batches = "1,8,16,32,64"

    @Option(help: "Tokens of each prompt.")
    var promptTokens = 16

    @Option(help: "Tokens generated per response after the first.")
    var newTokens = 64

    @OptionGroup var precision: RolloutPrecisionOption
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var options: BenchOptions

    func validate() throws {
        for (name, value) in [("--prompt-tokens", promptTokens), ("--new-tokens", newTokens)]
        where !(1...1_000_000).contains(value) {
            throw ValidationError("\(name) is \(value); it must be 1 to 1000000")
        }
    }

    func run() throws {
        let batches = try NumberList.parse(batches, option: "--batches", 1...4096)
        let directory = try ModelDirectory(path: model.model)
        let team = threads.team()
        let policy = LoadedPolicy(
            snapshot: directory.policy, configuration: directory.configuration,
            arithmetic: precision.products.arithmetic, precision: precision.rolloutPrecision, team: team)
        var wall = [[Double]](repeating: [], count: batches.count)
        var processor = wall
        let progress = Progress("decode", total: options.repetitions * batches.count, unit: "measurements")
        for repetition in 0..<options.repetitions {
            for (index, batch) in batches.enumerated() {
                let stopwatch = try decode(policy, batch: batch, team: team)
                wall[index].append(Double(batch * newTokens) / stopwatch.wall)
                processor[index].append(Double(batch * newTokens) / stopwatch.processor)
                progress.update(repetition * batches.count + index + 1)
            }
        }
        progress.clear()
        try publish(
            batches, wall.map(Repetitions.init), processor.map(Repetitions.init), directory, threads: team.threads)
    }

    /// Seconds that generating takes once the prompts are read.
    private func decode(
        _ policy: LoadedPolicy, batch: Int, team: ThreadTeam
    ) throws -> (wall: Double, processor: Double) {
        let blocks = (promptTokens + newTokens) / 16 + 2
        let engine = GenerationEngine(
            configuration: policy.configuration, policy: policy, team: team,
            limits: GenerationLimits(
                maximumRunningSequences: batch, maximumBlocks: 2 * batch * blocks, maximumWaitingRequests: batch,
                prefillRows: batch * promptTokens))
        for group in 0..<batch {
            try engine.admit(
                GenerationRequest(
                    group: UInt64(group),
                    prompt: SyntheticTokens.sequence(group, count: promptTokens, policy.configuration), samples: 1,
                    maxTokens: newTokens + 1, runSeed: 1))
        }
        // The first step reads all prompts and samples the first tokens.
        _ = try engine.step()
        let stopwatch = Stopwatch()
        while !engine.isIdle { _ = try engine.step() }
        return (stopwatch.wallSeconds, stopwatch.processorSeconds)
    }

    private func publish(
        _ batches: [Int], _ rates: [Repetitions], _ processorRates: [Repetitions], _ directory: ModelDirectory,
        threads: Int
    ) throws {
        var object = JSONObject()
        object.append("model", .string(model.model))
        object.append("weights", .string(directory.policy.precision.rawValue))
        object.append("arithmetic", .string(precision.products.arithmetic.rawValue))
        object.append("precision", .string(precision.rolloutPrecision.rawValue))
        object.append("prompt_tokens", .integer(promptTokens))
        object.append("new_tokens", .integer(newTokens))
        var table = AlignedTable()
        table.add(["batch", "tokens/s", "least", "greatest", "per processor s", "greatest"])
        var entries: [JSONValue] = []
        for (batch, (rate, processorRate)) in zip(batches, zip(rates, processorRates)) {
            table.add(
                ["\(batch)"]
                    + [rate.median, rate.minimum, rate.maximum, processorRate.median, processorRate.maximum].map(
                        NumberText.rate))
            var entry = JSONObject()
            entry.append("batch", .integer(batch))
            entry.append("tokens_per_second", rate.json)
            entry.append("tokens_per_processor_second", processorRate.json)
            entries.append(.object(entry))
        }
        object.append("batches", .array(entries))
        let heading =
            "\(model.model), \(directory.policy.precision.rawValue) weights, \(precision.products.arithmetic.rawValue) products, \(precision.rolloutPrecision.rawValue); prompts of \(promptTokens) tokens, "
            + "\(newTokens) generated each\n"
        try options.publish("decode", machine: Machine(), threads: threads, object, table: heading + table.text)
    }
}

/// Token ids that mean nothing, the same every time.
enum SyntheticTokens {
    static func sequence(_ number: Int, count: Int, _ configuration: ModelConfiguration) -> [Int32] {
        (0..<count).map { position in
            let uniform = Philox.uniform(
                runSeed: 0x62_656E_6368, group: UInt64(number), sample: 0, position: UInt32(position))
            return Int32(uniform * Double(configuration.vocabularySize))
        }
    }
}
