/// Storage format of a policy's weights. Arithmetic is fp32 for both.
package enum ParameterPrecision: String, Sendable, Codable, CaseIterable {
    case bf16
    case fp32

    /// Bytes per element.
    package var size: Int {
        switch self {
        case .bf16: 2
        case .fp32: 4
        }
    }

    /// The name in config.json (`dtype`, formerly `torch_dtype`).
    package var configurationName: String {
        switch self {
        case .bf16: "bfloat16"
        case .fp32: "float32"
        }
    }
}
