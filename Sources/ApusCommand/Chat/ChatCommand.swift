import ArgumentParser
import Foundation
import Model

/// `apus chat`: talk to a policy.
struct ChatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk to a model in its chat template.",
        discussion: """
            Reads one question a line from standard input and writes each answer as it is generated; --message asks one \
            question and ends. The conversation so far is part of every prompt. An answer that reaches --max-tokens is cut.

            The template is recognised from the model's files, or given by --template. Qwen3 thinks between <think> and \
            </think> unless --no-thinking is given or a question ends in /no_think; --thinking-budget bounds it.

            Commands in a conversation: /clear begins anew, /exit or end of input leaves.

            EXAMPLES
              apus chat --model runs/models/smollm2-135m-instruct
              apus chat --model DIR --message 'What is the capital of France?' --temperature 0
            """)

    @OptionGroup var model: ModelOption
    @OptionGroup var options: ChatOptions

    @Option(help: ArgumentHelp("Ask this and end.", valueName: "text"))
    var message: String?

    @OptionGroup var threads: ThreadsOption

    func run() throws {
        let directory = try model.load()
        var conversation = try Conversation(directory, options: options, team: threads.team())
        if let message {
            try answer(message, &conversation)
            return
        }
        let isWatched = isatty(STDIN_FILENO) == 1
        if isWatched { Console.status("/clear begins a new conversation, /exit leaves") }
        while let line = question(isWatched) {
            switch line.trimmingCharacters(in: .whitespaces) {
            case "": continue
            case "/exit": return
            case "/clear": conversation.clear()
            default: try answer(line, &conversation)
            }
        }
    }

    private func question(_ isWatched: Bool) -> String? {
        if isWatched { Console.statusText("> ") }
        return readLine()
    }

    private func answer(_ question: String, _ conversation: inout Conversation) throws {
        let answer = try conversation.ask(question) { Console.outputText($0) }
        Console.output("")
        let cut = answer.isCut ? ", cut at the longest length" : ""
        if Console.isWatched {
            Console.status(
                "[\(answer.tokens) tokens in \(NumberText.fixed(answer.seconds, 1)) s, "
                    + "\(NumberText.rate(Double(answer.tokens) / max(answer.seconds, 1e-9))) tokens/s\(cut)]")
        } else if !cut.isEmpty {
            Console.status("the answer was\(cut.dropFirst())")
        }
    }
}
