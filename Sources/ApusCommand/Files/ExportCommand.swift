import ArgumentParser
import Model

/// `apus export`: a model directory that transformers loads, in the precision and shards asked for.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a model as a Hugging Face directory: precision, shards, all files.",
        discussion: """
            Writes config.json, safetensors (in shards with model.safetensors.index.json when larger than --max-shard-size), \
            generation_config.json, and the tokenizer files; a directory that has only vocab.json and merges.txt gets a \
            tokenizer.json, too. Loads in transformers: AutoModelForCausalLM.from_pretrained(DIR). Experts are written one \
            by one, as published checkpoints have them.

            Without --precision the weights keep theirs (f16 becomes fp32, exactly).

            EXAMPLES
              apus export --model runs/mine/checkpoints/step-100/policy --out exported
              apus export --model DIR --out DIR-bf16 --precision bf16 --max-shard-size 2GB
            """)

    @OptionGroup var model: ModelOption

    @Option(
        help: ArgumentHelp("Directory to write: new, empty, or holding a model, which is replaced.", valueName: "dir"))
    var out: String

    @OptionGroup var format: WeightFormatOptions

    func run() throws {
        let directory = try model.load(precision: format.precision)
        try directory.save(to: out, maximumShardBytes: format.maximumShardBytes)
        Console.output(
            "\(out): \(NumberText.grouped(directory.policy.layout.elementCount)) parameters, "
                + "\(directory.policy.precision.rawValue), \(NumberText.bytes(directory.policy.bytes.count))")
    }
}
