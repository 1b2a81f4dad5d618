import ArgumentParser

/// Sizes of the policy that a cold start makes.
struct ArchitectureOptions: ParsableArguments {
    @Option(help: "Width of the residual stream.")
    var hiddenSize = 128

    @Option(help: "Decoder layers.")
    var layers = 4

    @Option(help: "Attention heads.")
    var heads = 4

    @Option(help: "Key/value heads; a divisor of --heads.")
    var keyValueHeads = 2

    @Option(help: "Size of one head; even.")
    var headDimension = 32

    @Option(help: "Experts per layer; 0 makes a dense Qwen3 policy.")
    var experts = 8

    @Option(help: "Experts that each token takes.")
    var expertsPerToken = 2

    @Option(help: "Inner size of one expert, or of the feed-forward layer of a dense policy.")
    var expertSize = 128

    @Flag(help: "Use the embedding as language-model head.")
    var tied = false

    @Flag(help: "Give each of the numbers 10 to 99 a token of its own; otherwise every byte is a token.")
    var numberTokens = false

    @Option(help: "Longest sequence in tokens.")
    var maximumPositions = 512

    @Option(help: "Standard deviation of the initial weights.")
    var initialDeviation: Float = 0.02

    func validate() throws {
        guard initialDeviation > 0, initialDeviation.isFinite else {
            throw ValidationError("--initial-deviation is \(initialDeviation); it must be above 0")
        }
    }

    var policy: BytePolicy {
        BytePolicy(
            hiddenSize: hiddenSize, layers: layers, heads: heads, keyValueHeads: keyValueHeads,
            headDimension: headDimension, experts: experts, expertsPerToken: expertsPerToken, expertSize: expertSize,
            tiesEmbeddings: tied, maximumPositions: maximumPositions, hasNumberTokens: numberTokens)
    }
}
