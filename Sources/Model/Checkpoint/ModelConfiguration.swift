/// Architecture and sizes of a policy, as its config.json states them.
///
/// Invariant: every value is within the bounds that `validate` checks, so sizes computed from it neither overflow nor ask for
/// absurd memory, whatever file it came from.
package struct ModelConfiguration: Sendable, Equatable {
    /// `model_type`; what each means is told in Families/.
    package enum Family: String, Sendable, CaseIterable {
        case llama
        case qwen2
        case qwen2MoE = "qwen2_moe"
        case qwen3
        case qwen3MoE = "qwen3_moe"

        package var isMixtureOfExperts: Bool { definition.hasExperts }
    }

    /// The sparse feed-forward layers of a mixture of experts.
    package struct Experts: Sendable, Equatable {
        package let count: Int
        package let topK: Int
        package let intermediateSize: Int
        /// Whether the gates of the chosen experts are renormalised to sum 1 (`norm_topk_prob`).
        package let normalisesTopK: Bool
        /// Size of the expert that every token takes, weighted by a sigmoid gate (Qwen2-MoE); nil without one.
        package let sharedIntermediateSize: Int?
        /// Layer i is sparse when (i + 1) is a multiple of it …
        package let sparseStep: Int
        /// … and i is not among these (`mlp_only_layers`).
        package let denseLayers: [Int]

        package init(
            count: Int, topK: Int, intermediateSize: Int, normalisesTopK: Bool, sharedIntermediateSize: Int? = nil,
            sparseStep: Int = 1, denseLayers: [Int] = []
        ) {
            self.count = count
            self.topK = topK
            self.intermediateSize = intermediateSize
            self.normalisesTopK = normalisesTopK
            self.sharedIntermediateSize = sharedIntermediateSize
            self.sparseStep = sparseStep
            self.denseLayers = denseLayers
        }
    }

    package let family: Family
    /// Rows of the embedding, padding included; padding rows take part in the softmax as in the reference.
    package let vocabularySize: Int
    package let hiddenSize: Int
    package let layerCount: Int
    package let headCount: Int
    /// Divides `headCount`; each key/value head serves headCount / keyValueHeadCount query heads.
    package let keyValueHeadCount: Int
    /// Even; headCount · headDimension need not equal hiddenSize.
    package let headDimension: Int
    /// Inner size of dense feed-forward layers.
    package let intermediateSize: Int
    /// Present exactly for the mixture-of-experts families.
    package let experts: Experts?
    /// Biases on the query, key and value projections (Qwen2).
    package let hasProjectionBias: Bool
    /// Whether the language-model head is the embedding.
    package let tiesEmbeddings: Bool
    /// ε of every RMSNorm.
    package let normEpsilon: Float
    package let rotary: RotaryEmbedding
    package let maximumPositions: Int
    /// What the weights are stored in.
    package private(set) var precision: ParameterPrecision
    package let beginToken: Int32?
    /// Tokens that end a response; may be empty.
    package let endTokens: [Int32]
    package let paddingToken: Int32?

    package init(
        family: Family, vocabularySize: Int, hiddenSize: Int, layerCount: Int, headCount: Int, keyValueHeadCount: Int,
        headDimension: Int, intermediateSize: Int, experts: Experts?, hasProjectionBias: Bool, tiesEmbeddings: Bool,
        normEpsilon: Float, rotary: RotaryEmbedding, maximumPositions: Int, precision: ParameterPrecision,
        beginToken: Int32? = nil, endTokens: [Int32] = [], paddingToken: Int32? = nil
    ) throws(ConfigurationError) {
        self.family = family
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headDimension = headDimension
        self.intermediateSize = intermediateSize
        self.experts = experts
        self.hasProjectionBias = hasProjectionBias
        self.tiesEmbeddings = tiesEmbeddings
        self.normEpsilon = normEpsilon
        self.rotary = rotary
        self.maximumPositions = maximumPositions
        self.precision = precision
        self.beginToken = beginToken
        self.endTokens = endTokens
        self.paddingToken = paddingToken
        try validate()
    }

    /// Columns of the query projection's output.
    package var querySize: Int { headCount * headDimension }
    /// Columns of the key and of the value projection's output.
    package var keyValueSize: Int { keyValueHeadCount * headDimension }

    /// Whether layer `layer` routes its tokens to experts.
    package func isSparse(layer: Int) -> Bool {
        guard let experts else { return false }
        return (layer + 1) % experts.sparseStep == 0 && !experts.denseLayers.contains(layer)
    }

    /// Indices of the layers with a router, ascending: the columns of a routing table.
    package var sparseLayers: [Int] { (0..<layerCount).filter { isSparse(layer: $0) } }

    /// The same architecture with weights stored in `precision`.
    package func with(precision: ParameterPrecision) -> ModelConfiguration {
        var copy = self
        copy.precision = precision
        return copy
    }
}
