import ArgumentParser
import Generation
import Model

/// How `apus chat` talks to a policy.
struct ChatOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Chat template: \(ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ")). (default: by the model)",
            valueName: "name"))
    var template: ChatTemplate?

    @Option(help: "System message. (default: the template's)")
    var system: String?

    @Flag(help: "qwen3: answer at once, with the thoughts closed in the prompt.")
    var noThinking = false

    @Option(help: ArgumentHelp("qwen3: end thoughts after this many tokens.", valueName: "tokens"))
    var thinkingBudget: Int?

    @Option(help: "Longest answer in tokens, thoughts included.")
    var maxTokens = 1024

    @Option(help: "Sampling temperature; 0 takes the likeliest token.")
    var temperature: Float = 0.6

    @Option(help: "Seed of the sampling.")
    var seed: UInt64 = 1

    func validate() throws {
        for (name, value) in [("--max-tokens", maxTokens), ("--thinking-budget", thinkingBudget ?? 1)] where value < 1 {
            throw ValidationError("\(name) is \(value); it must be at least 1")
        }
        guard temperature >= 0, temperature.isFinite else {
            throw ValidationError("--temperature is \(temperature); it must be 0 or more")
        }
    }

    /// The template asked for, or that of the model.
    func settings(for directory: ModelDirectory) throws -> ChatSettings {
        guard let template = template ?? ChatTemplate(of: directory) else {
            let names = ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure(
                "the model does not say which chat template it knows; give --template, one of \(names)")
        }
        return ChatSettings(template: template, system: system, thinking: !noThinking)
    }
}

extension ChatTemplate: ExpressibleByArgument {}
