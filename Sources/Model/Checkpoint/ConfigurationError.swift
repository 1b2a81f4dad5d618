package import JSON

/// Why a model configuration cannot be used. `description` says what to do.
package enum ConfigurationError: Error, Equatable, CustomStringConvertible {
    case notJSON(JSONError)
    case missing(field: String)
    case wrongType(field: String, expected: String)
    case outOfRange(field: String, value: String, allowed: String)
    /// A value that is valid for transformers but not implemented here; computing without it would be silently wrong.
    case unsupported(field: String, value: String, supported: String)

    package var description: String {
        switch self {
        case .notJSON(let error):
            "\(error); restore the file from its source"
        case .missing(let field):
            "field \"\(field)\" is missing; add it (transformers' defaults are not assumed)"
        case .wrongType(let field, let expected):
            "field \"\(field)\" must be \(expected)"
        case .outOfRange(let field, let value, let allowed):
            "field \"\(field)\" is \(value), allowed: \(allowed)"
        case .unsupported(let field, let value, let supported):
            "\"\(field)\": \(value) is not supported; supported: \(supported)"
        }
    }
}
