/// Element types of the safetensors format (huggingface/safetensors, `Dtype`) whose elements are whole bytes.
package enum SafetensorsFormat: String, Sendable, CaseIterable {
    case boolean = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8E5M2 = "F8_E5M2"
    case float8E4M3 = "F8_E4M3"
    case float8E8M0 = "F8_E8M0"
    case int16 = "I16"
    case uint16 = "U16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case uint32 = "U32"
    case float32 = "F32"
    case complex64 = "C64"
    case float64 = "F64"
    case int64 = "I64"
    case uint64 = "U64"

    /// Bytes per element.
    package var size: Int {
        switch self {
        case .boolean, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .complex64, .float64, .int64, .uint64: 8
        }
    }

    package init(_ precision: ParameterPrecision) {
        switch precision {
        case .bf16: self = .bfloat16
        case .fp32: self = .float32
        }
    }

    /// Whether weights may be stored so.
    package var isWeightFormat: Bool { self == .float32 || self == .float16 || self == .bfloat16 }
}
