package import JSON

/// Why a tokenizer cannot be used. `description` says what to do.
package enum TokenizerError: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    case malformed(String)
    /// Something that tokenizer.json asks for and that is not implemented: tokenising without it would be silently wrong.
    case unsupported(component: String, found: String, supported: String)
    /// A token id that no token has.
    case unknownToken(Int32)

    package var description: String {
        switch self {
        case .notJSON(let error): "tokenizer.json is \(error); copy or download the file again"
        case .malformed(let reason): "tokenizer.json: \(reason); copy or download the file again"
        case .unsupported(let component, let found, let supported):
            "tokenizer.json: \(component) \(found) is not supported; supported: \(supported)"
        case .unknownToken(let id): "token id \(id) is not in the vocabulary; model and tokenizer must belong together"
        }
    }
}
