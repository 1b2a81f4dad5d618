import ArgumentParser
import Configuration
import JSON
import Learner
import Model
import Reward

/// `apus tasks`: what a run would ask.
struct TasksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks",
        abstract: "Check a run's tasks and show its prompts.",
        discussion: """
            Reads the files in task.sources and checks every line as the learner does at its start, then prints the first \
            prompts as {"index", "prompt", "tokens", "verifier", "payload"} lines: the prompt as the policy reads it, chat \
            template included, its length in tokens, and what judges the answer. What became of the lines of each file goes \
            to standard error. The model directory is needed for its tokenizer and its longest input; weights are not read.

            EXAMPLES
              apus tasks --config Cluster/configs/quickstart.yaml
              apus tasks --set 'task.sources=[{kind: sorting}, {file: my.jsonl}]' --prompts 20
            """)

    @OptionGroup var task: TaskOptions

    @Option(help: ArgumentHelp("Hugging Face model directory. (default: policy.path)", valueName: "dir"))
    var model: String?

    @Option(help: "Prompts to show.")
    var prompts = 8

    @Flag(help: "Show what is held out for evaluation, not what is trained.")
    var evaluation = false

    func validate() throws {
        guard prompts >= 0 else { throw ValidationError("--prompts is \(prompts); it must not be negative") }
    }

    func run() throws {
        let run = try task.configuration()
        let directory = try ModelDirectory(path: model ?? run.policy.path, mapsWeights: true)
        let encoder = try PromptEncoder(directory.tokenizer(), chat: ChatSettings(run.rollout.chat))
        let tasks = try TaskSources(
            run.task, seed: run.run.seed, encoder: encoder,
            longestPrompt: directory.configuration.longestPrompt(before: run.rollout.maxResponseTokens))
        for file in tasks.files {
            let summary = file.summary
            Console.status(
                "\(file.path): \(summary.lines) lines; \(summary.training) to train, \(summary.evaluation) held out, "
                    + "\(summary.outOfLength) too short or too long, \(summary.heldOutElsewhere) held out elsewhere")
        }
        let split: TaskSplit = evaluation ? .evaluation : .training
        let shown = evaluation ? min(prompts, tasks.source.count(of: split) ?? prompts) : prompts
        for index in 0..<UInt64(shown) {
            let prompt = try tasks.source.prompt(at: index, split: split)
            let encoded = try encoder.encode(prompt)
            var object = JSONObject()
            object.append("index", .integer(Int(index)))
            object.append("prompt", .string(encoded.text))
            object.append("tokens", .integer(encoded.tokens.count))
            object.append("verifier", .string(prompt.verification.kind))
            object.append("payload", try JSONValue.parse(prompt.verification.payload))
            Console.output(String(decoding: JSONWriter.write(.object(object)), as: UTF8.self))
        }
    }
}
