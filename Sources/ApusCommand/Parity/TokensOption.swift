import ArgumentParser

/// `--tokens FILE.json`.
struct TokensOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Input: {\"sequences\": [[id, …], …], \"prompt_lengths\": [n, …]}.", valueName: "file.json"))
    var tokens: String
}
