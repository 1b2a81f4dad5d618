import Glibc

/// How a GGUF tensor's elements are stored: the plain formats and those of llama.cpp's block quantisations that are read
/// here. Raw values are the file format's codes.
package enum GGUFTensorType: UInt32, Sendable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case q40 = 2
    case q41 = 3
    case q50 = 6
    case q51 = 7
    case q80 = 8
    case q4K = 12
    case q5K = 13
    case q6K = 14
    case bf16 = 30

    /// Elements that are stored together.
    package var blockElements: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q40, .q41, .q50, .q51, .q80: 32
        case .q4K, .q5K, .q6K: 256
        }
    }

    /// Bytes of one block.
    package var blockBytes: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q40: 18
        case .q41: 20
        case .q50: 22
        case .q51: 24
        case .q80: 34
        case .q4K: 144
        case .q5K: 176
        case .q6K: 210
        }
    }

    package var bitsPerElement: Double { Double(8 * blockBytes) / Double(blockElements) }

    /// Whether bf16 would lose something that the file states exactly.
    var isExactOnlyInFP32: Bool { self == .f32 || self == .f16 }

    /// By how much, relative to their norm, weights differ at most from those that were stored so.
    ///
    /// A block of n bits an element errs by about 2⁻ⁿ; outliers make it more, by a factor that is put at four. Its scale and
    /// offset, half a bit an element or more, make nothing finer.
    var relativeError: Double {
        switch self {
        case .f32: 0
        case .f16: 0x1p-11
        case .bf16: 0x1p-8
        default: 4 * exp2(-(bitsPerElement - 0.5).rounded(.down))
        }
    }

    /// As llama.cpp writes it.
    package var name: String {
        switch self {
        case .f32: "F32"
        case .f16: "F16"
        case .bf16: "BF16"
        case .q40: "Q4_0"
        case .q41: "Q4_1"
        case .q50: "Q5_0"
        case .q51: "Q5_1"
        case .q80: "Q8_0"
        case .q4K: "Q4_K"
        case .q5K: "Q5_K"
        case .q6K: "Q6_K"
        }
    }
}
