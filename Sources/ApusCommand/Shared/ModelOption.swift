import ArgumentParser
import Model
import Tensor

/// `--model DIR`: the policy a command works on.
struct ModelOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Hugging Face model directory: config.json, model.safetensors (or shards and their index), tokenizer.json.",
            valueName: "dir"))
    var model: String

    /// Loads it in the checkpoint's own precision.
    func load() throws(ModelDirectoryError) -> ModelDirectory { try ModelDirectory(path: model) }
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
