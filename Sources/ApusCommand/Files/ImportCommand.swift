import ArgumentParser
import Model

/// `apus import`: a GGUF file becomes a Hugging Face directory.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Convert a GGUF file to a Hugging Face model directory.",
        discussion: """
            Reads GGUF version 3 of the architectures llama, qwen2, qwen2moe, qwen3 and qwen3moe, with tensors in F32, F16, \
            BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K. Writes config.json, safetensors, tokenizer.json, \
            tokenizer_config.json with the chat template, and generation_config.json.

            Quantised weights become the numbers they stand for. In bf16, the default for quantised files, each is rounded to \
            8 significant bits, by at most 0.4 %; --precision fp32 keeps them exactly, in twice the space. A file of F32 or \
            F16 matrices becomes fp32, exactly, unless bf16 is asked for.

            An output.weight that is only a second quantisation of the embedding is left out: the model is tied.

            EXAMPLE
              apus import --gguf SmolLM2-135M-Instruct.Q4_1.gguf --out runs/models/smollm2
            """)

    @Option(help: ArgumentHelp("The file to convert.", valueName: "file.gguf"))
    var gguf: String

    @Option(
        help: ArgumentHelp("Directory to write: new, empty, or holding a model, which is replaced.", valueName: "dir"))
    var out: String

    @OptionGroup var format: WeightFormatOptions

    func run() throws {
        let model = try GGUFModel(path: gguf, precision: format.precision)
        let configuration = model.configuration
        if let head = model.tiedHead {
            Console.status(
                "output.weight (\(head.type.name)) is a second quantisation of the embedding: the model is tied")
        }
        let progress = Progress("import", total: model.file.tensors.count, unit: "tensors")
        let directory = try model.directory { done, total in progress.update(done, of: total) }
        progress.clear()
        try directory.save(to: out, maximumShardBytes: format.maximumShardBytes)
        Console.output(
            "\(out): \(configuration.family.rawValue), \(NumberText.grouped(directory.policy.layout.elementCount)) parameters, "
                + "\(directory.policy.precision.rawValue), \(NumberText.bytes(directory.policy.bytes.count))")
    }
}
