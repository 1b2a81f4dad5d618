/// What is done to text before it is split.
enum TextNormalization: Sendable, Equatable {
    case none
    /// Unicode normalisation form C.
    case nfc

    func apply(_ text: String) -> String {
        switch self {
        case .none: text
        case .nfc:
            text.unicodeScalars.allSatisfy { CanonicalComposition.isInert($0) }
                ? text : CanonicalComposition.shared.normalize(text)
        }
    }
}
