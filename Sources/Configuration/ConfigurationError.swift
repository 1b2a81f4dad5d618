/// Where a value came from, for error messages: a line of a file, a `--set` override, or the configuration as a whole.
package enum ConfigurationOrigin: Sendable, Equatable, CustomStringConvertible {
    case file(path: String, line: Int)
    case override

    package var description: String {
        switch self {
        case .file(let path, let line): "\(path):\(line)"
        case .override: "--set"
        }
    }
}

/// Why a configuration was refused. Every case names the offending key or file and says what to do.
package enum ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A file could not be read.
    case unreadableFile(path: String, reason: String)
    /// The text is not YAML, or holds a key twice.
    case malformedYAML(path: String, reason: String)
    /// A `--set` argument is not `section.key=value`.
    case malformedOverride(String)
    /// No such setting. `suggestion` is the nearest existing key, when one is near.
    case unknownKey(key: String, suggestion: String?, origin: ConfigurationOrigin)
    /// A section was given a plain value, or a setting a mapping or list.
    case wrongShape(key: String, expected: String, origin: ConfigurationOrigin)
    /// The value has the wrong type or lies outside what is allowed.
    case invalidValue(key: String, value: String, allowed: String, origin: ConfigurationOrigin)
    /// Values which are each allowed contradict one another.
    case inconsistent(keys: [String], reason: String)

    package var description: String {
        switch self {
        case .unreadableFile(let path, let reason):
            "cannot read the configuration file \(path): \(reason)"
        case .malformedYAML(let path, let reason):
            "\(path) is not valid YAML: \(reason)"
        case .malformedOverride(let text):
            "--set \(text): expected section.key=value, for example --set rollout.group_size=8"
        case .unknownKey(let key, let suggestion, let origin):
            "\(origin): there is no setting \(key)"
                + (suggestion.map { "; did you mean \($0)?" } ?? "; see docs/configuration.md for all settings")
        case .wrongShape(let key, let expected, let origin):
            "\(origin): \(key) must be \(expected)"
        case .invalidValue(let key, let value, let allowed, let origin):
            "\(origin): \(key) is \(value); allowed: \(allowed)"
        case .inconsistent(let keys, let reason):
            "\(keys.joined(separator: ", ")): \(reason)"
        }
    }
}
