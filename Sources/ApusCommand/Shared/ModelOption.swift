import ArgumentParser
import Model
import Tensor

/// `--model DIR`: the policy a command works on.
struct ModelOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Hugging Face model directory (config.json, safetensors, tokenizer.json) or GGUF file.", valueName: "dir"))
    var model: String

    var isGGUF: Bool { model.hasSuffix(".gguf") }

    /// Loads it, in the checkpoint's own precision unless another is asked for.
    func load(precision: ParameterPrecision? = nil) throws -> ModelDirectory {
        guard isGGUF else { return try ModelDirectory(path: model, precision: precision, mapsWeights: true) }
        return try GGUFModel(path: model, precision: precision).directory()
    }

    /// Its tokenizer alone, without reading the weights.
    func tokenizer() throws -> Tokenizer {
        guard isGGUF else { return try ModelDirectory.loadTokenizer(path: model) }
        return try GGUFModel(path: model).tokenizer()
    }
}

/// `--threads N`.
struct ThreadsOption: ParsableArguments {
    @Option(help: "Compute threads. Results do not depend on it. (default: one per core)")
    var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads); it must be 1 to 1024")
        }
    }

    func team() -> ThreadTeam { ThreadTeam(threads: threads ?? Machine.cores) }
}
