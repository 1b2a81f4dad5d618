import ArgumentParser
import Generation
import JSON
import Model
import Tensor

/// `apus generate`: responses to a prompt.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Generate responses to a prompt.",
        discussion: """
            Prints the text of the response, without the end token. Control tokens written out in the prompt, such as \
            <|im_start|>, are recognised. The random numbers depend on (seed, sample, position) only: the same command \
            gives the same response, and sample k is the same whatever --samples is.

            With --json, prints one line per response: {"sample", "tokens", "logprobs", "finish", "text"}; tokens include the \
            end token, "finish" is "stop" or "length", "text" is left out where the model has no tokenizer.

            EXAMPLES
              apus generate --model Cluster/policies/countdown --prompt '3 5 8=29:' --max-tokens 32
              apus generate --model DIR --prompt-tokens 8,24,67 --max-tokens 24 --temperature 0 --json
            """)

    @OptionGroup var model: ModelOption

    @Option(help: "The prompt as text.")
    var prompt: String?

    @Option(help: ArgumentHelp("The prompt as token ids, in place of --prompt.", valueName: "id,id,…"))
    var promptTokens: String?

    @Option(help: "Longest response in tokens, the end token included.")
    var maxTokens = 128

    @Option(help: "Sampling temperature; 0 takes the likeliest token.")
    var temperature: Float = 1

    @Option(help: "Seed of the sampling.")
    var seed: UInt64 = 1

    @Option(help: "Responses to generate.")
    var samples = 1

    @Flag(help: "Print a JSON object per response.")
    var json = false

    @OptionGroup var products: ArithmeticOption
    @OptionGroup var threads: ThreadsOption

    func validate() throws {
        guard (prompt == nil) != (promptTokens == nil) else {
            throw ValidationError("give either --prompt or --prompt-tokens")
        }
        for (name, value) in [("--max-tokens", maxTokens), ("--samples", samples)] where value < 1 {
            throw ValidationError("\(name) is \(value); it must be at least 1")
        }
        guard temperature >= 0, temperature.isFinite else {
            throw ValidationError("--temperature is \(temperature); it must be 0 or more")
        }
    }

    func run() throws {
        let directory = try model.load()
        let tokenizer = try prompt != nil || directory.hasTokenizer ? directory.tokenizer() : nil
        let group = try generate(directory, prompt: try promptIds(tokenizer))
        for response in group.responses {
            let text = tokenizer?.decode(sampled: response.tokens.filter { !directory.endTokens.contains($0) })
            if json {
                Console.output(String(decoding: JSONWriter.write(.object(object(response, text: text))), as: UTF8.self))
            } else {
                if response.sample > 0 { Console.output("---") }
                Console.output(text ?? response.tokens.map(String.init).joined(separator: ","))
            }
        }
    }

    private func promptIds(_ tokenizer: Tokenizer?) throws -> [Int32] {
        if let prompt, let tokenizer {
            guard !prompt.isEmpty else { throw CommandFailure("--prompt is empty; give at least one character") }
            return tokenizer.encode(prompt: prompt)
        }
        return try (promptTokens ?? "").split(separator: ",", omittingEmptySubsequences: false).map { text in
            guard let id = Int32(text.trimmingPrefix(" ")) else {
                throw CommandFailure("--prompt-tokens: \"\(text)\" is no token id; give numbers separated by commas")
            }
            return id
        }
    }

    private func generate(_ directory: ModelDirectory, prompt: [Int32]) throws -> GeneratedGroup {
        let team = threads.team()
        let policy = LoadedPolicy(
            snapshot: directory.policy, configuration: directory.configuration,
            arithmetic: products.arithmetic, team: team)
        directory.policy.bytes.releaseMappedPages()
        let room = directory.configuration.maximumPositions
        guard maxTokens <= room - prompt.count + 1 else {
            throw CommandFailure(
                "\(prompt.count) prompt tokens and \(maxTokens) new ones exceed the \(room) positions of the model; "
                    + "lower --max-tokens to \(max(1, room - prompt.count + 1)) or shorten the prompt")
        }
        let blocks = (prompt.count + maxTokens) / 16 + 2
        let engine = GenerationEngine(
            configuration: directory.configuration, policy: policy, team: team,
            limits: GenerationLimits(maximumRunningSequences: samples, maximumBlocks: (samples + 1) * blocks))
        try engine.admit(
            GenerationRequest(
                group: 0, prompt: prompt, samples: samples, maxTokens: maxTokens, stopTokens: directory.endTokens,
                temperature: temperature, runSeed: seed))
        let progress = Progress("generate", total: maxTokens, unit: "tokens")
        defer { progress.clear() }
        while true {
            if let group = try engine.step().first { return group }
            progress.update(engine.statistics.sampledTokens / samples)
        }
    }

    private func object(_ response: GeneratedResponse, text: String?) -> JSONObject {
        var object = JSONObject()
        object.append("sample", .integer(Int(response.sample)))
        object.append("tokens", .array(response.tokens.map { .integer(Int($0)) }))
        object.append("logprobs", .array(response.logProbabilities.map { .number(Double($0)) }))
        object.append("finish", .string(response.finish == .stop ? "stop" : "length"))
        if let text { object.append("text", .string(text)) }
        return object
    }
}
