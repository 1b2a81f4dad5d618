import Foundation

/// What is done to text before it is split.
enum TextNormalization: Sendable, Equatable {
    case none
    /// Unicode normalisation form C (UAX #15).
    case nfc

    func apply(_ text: String) -> String {
        switch self {
        case .none: text
        case .nfc: Self.isTriviallyNormal(text) ? text : text.precomposedStringWithCanonicalMapping
        }
    }

    /// Whether every character is of a block whose members neither decompose nor combine nor reorder, as nearly all text is.
    private static func isTriviallyNormal(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { isInert($0.value) }
    }

    static func isInert(_ value: UInt32) -> Bool {
        switch value {
        case 0..<0x300: true  // ASCII, Latin
        case 0x400..<0x483, 0x48A..<0x530: true  // Cyrillic
        case 0x2010..<0x2028: true  // dashes, quotation marks
        case 0x3001..<0x302A, 0x3041..<0x3097, 0x30A1..<0x30FF: true  // CJK punctuation, kana
        case 0x4E00..<0xA000, 0xAC00..<0xD7A4: true  // Han, Hangul syllables
        case 0xFF01..<0xFF61: true  // full-width forms
        case 0x1F300..<0x1FA00: true  // emoji
        default: false
        }
    }
}
