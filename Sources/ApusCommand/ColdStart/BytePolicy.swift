import Model

/// The architecture of a small policy over bytes: Qwen3-MoE, or Qwen3 when it has no experts.
///
/// Role: what a cold start makes from nothing, tokenizer included. The vocabulary is the 256 bytes, the numbers 10 to 99 if
/// wanted, and the control tokens.
struct BytePolicy: Sendable {
    var hiddenSize: Int
    var layers: Int
    var heads: Int
    var keyValueHeads: Int
    var headDimension: Int
    /// 0 makes every feed-forward layer dense.
    var experts: Int
    var expertsPerToken: Int
    /// Inner size of an expert, or of the dense feed-forward layer.
    var expertSize: Int
    var tiesEmbeddings: Bool
    var maximumPositions: Int

    /// Whether 10 to 99 are one token each.
    var hasNumberTokens: Bool

    static let endTokenName = "<|endoftext|>"

    private var tokenizerJSON: [UInt8] { hasNumberTokens ? NumberTokenizer.json() : Tokenizer.byteLevelJSON() }

    func tokenizer() throws(TokenizerError) -> Tokenizer { try Tokenizer(json: tokenizerJSON) }

    func configuration(tokenizer: Tokenizer) throws -> ModelConfiguration {
        guard let endToken = tokenizer.token(named: Self.endTokenName) else {
            preconditionFailure("the byte-level tokenizer has \(Self.endTokenName)")
        }
        let sparse = ModelConfiguration.Experts(
            count: experts, topK: expertsPerToken, intermediateSize: expertSize, normalisesTopK: true)
        return try ModelConfiguration(
            family: experts > 0 ? .qwen3MoE : .qwen3, vocabularySize: tokenizer.vocabularySize, hiddenSize: hiddenSize,
            layerCount: layers, headCount: heads, keyValueHeadCount: keyValueHeads, headDimension: headDimension,
            intermediateSize: expertSize, experts: experts > 0 ? sparse : nil, hasProjectionBias: false,
            tiesEmbeddings: tiesEmbeddings, normEpsilon: 1e-6, rotary: RotaryEmbedding(theta: 10_000),
            maximumPositions: maximumPositions, precision: .bf16, endTokens: [endToken], paddingToken: endToken)
    }

    /// The directory that holds `policy`, its tokenizer and its end token.
    func directory(_ configuration: ModelConfiguration, _ policy: PolicySnapshot) throws -> ModelDirectory {
        try ModelDirectory(
            configuration: configuration, policy: policy, companions: ["tokenizer.json": tokenizerJSON])
    }
}
