/// One published architecture. Role: all that sets a family apart, in one file each, read from top to bottom: the forward in
/// formulas, what its config.json means, and the parameters of a layer under their checkpoint names. What the families share
/// is the arithmetic (`RowForward`, `LayerBackward`), which follows the parameters that a layer has.
protocol ModelFamily {
    /// The class in transformers, written as `architectures`.
    static var transformersClass: String { get }
    /// `general.architecture` in GGUF files.
    static var ggufArchitecture: String { get }
    /// Whether llama.cpp's files have the rows of query and key projections in another order: it rotates neighbouring
    /// dimensions in this family, the checkpoint's code the two halves of a head.
    static var ggufPermutesRotaryRows: Bool { get }
    static var hasExperts: Bool { get }
    /// Whether a shared expert belongs to every sparse layer.
    static var hasSharedExpert: Bool { get }

    /// Whether the query, key and value projections have biases.
    static func hasProjectionBias(_ fields: ConfigurationFields) throws(ConfigurationError) -> Bool
    /// The flags of the family that config.json should have; all others have no effect on it.
    static func flags(_ configuration: ModelConfiguration) -> [(name: String, value: Bool)]
    /// The parameters of a layer, in the order of the flat buffers.
    static func layer(_ layer: inout LayerBuilder) -> LayerParameters
}

extension ModelFamily {
    static var ggufPermutesRotaryRows: Bool { false }
    static var hasExperts: Bool { false }
    static var hasSharedExpert: Bool { false }
    static func hasProjectionBias(_ fields: ConfigurationFields) throws(ConfigurationError) -> Bool { false }
}

extension ModelConfiguration.Family {
    var definition: any ModelFamily.Type {
        switch self {
        case .llama: Llama.self
        case .qwen2: Qwen2.self
        case .qwen2MoE: Qwen2MoE.self
        case .qwen3: Qwen3.self
        case .qwen3MoE: Qwen3MoE.self
        }
    }
}
