import Yams

/// One key of the configuration: its path, type, meaning, and where its value lives in `RunConfiguration`.
///
/// The list `Setting.all` is the schema. Reading, checking, writing, suggestions and docs/configuration.md all come
/// from it, so none can drift from another.
package struct Setting: Sendable {
    /// Section and key with dots, e.g. "rollout.group_size".
    package let path: String
    /// What the setting means, with its unit.
    package let documentation: String
    /// What is allowed, in words.
    package let allowed: String

    private let reader: @Sendable (RunConfiguration) -> RenderedValue
    private let writer: @Sendable (inout RunConfiguration, WrittenValue) -> Bool
    /// Where the entries live, of a setting that is a list of sources.
    private let list: (any WritableKeyPath<RunConfiguration, [RunConfiguration.Source]> & Sendable)?

    init<Value>(
        _ path: String, _ place: any WritableKeyPath<RunConfiguration, Value> & Sendable, _ type: SettingType<Value>,
        _ documentation: String
    ) {
        self.path = path
        self.documentation = documentation
        allowed = type.allowed
        list = nil
        reader = { type.render($0[keyPath: place]) }
        writer = { configuration, written in
            guard let value = type.parse(written) else { return false }
            configuration[keyPath: place] = value
            return true
        }
    }

    /// A list of sources.
    init(
        sources path: String, _ place: any WritableKeyPath<RunConfiguration, [RunConfiguration.Source]> & Sendable,
        _ documentation: String
    ) {
        self.path = path
        self.documentation = documentation
        allowed = "a list of sources"
        list = place
        reader = { configuration in
            .list(
                configuration[keyPath: place].map { source in
                    let members = SourceSetting.all.map { "\"\($0.key)\":\($0.value(in: source).literal)" }
                    return .json("{" + members.joined(separator: ",") + "}")
                })
        }
        writer = { configuration, written in
            guard written.isNull else { return false }
            configuration[keyPath: place] = []
            return true
        }
    }

    /// Whether the setting is a list.
    var isList: Bool { list != nil }

    /// The setting's value in `configuration`.
    package func value(in configuration: RunConfiguration) -> RenderedValue {
        reader(configuration)
    }

    /// Stores what the user wrote, or throws `invalidValue`.
    func set(
        _ written: WrittenValue, in configuration: inout RunConfiguration, origin: ConfigurationOrigin
    ) throws(ConfigurationError) {
        guard writer(&configuration, written) else {
            throw .invalidValue(key: path, value: written.shown, allowed: allowed, origin: origin)
        }
    }

    /// Stores a list that the user wrote; `origin` gives the place of a line.
    func set(
        _ entries: Node.Sequence, in configuration: inout RunConfiguration,
        origin: (Node) -> ConfigurationOrigin
    ) throws(ConfigurationError) {
        guard let list else { preconditionFailure("\(path) is no list") }
        var sources: [RunConfiguration.Source] = []
        for (index, entry) in entries.enumerated() {
            guard let mapping = entry.mapping else {
                throw .wrongShape(key: "\(path)[\(index)]", expected: "a mapping of settings", origin: origin(entry))
            }
            sources.append(try Self.source(mapping, "\(path)[\(index)]", origin))
        }
        configuration[keyPath: list] = sources
    }

    private static func source(
        _ mapping: Node.Mapping, _ path: String, _ origin: (Node) -> ConfigurationOrigin
    ) throws(ConfigurationError) -> RunConfiguration.Source {
        var source = RunConfiguration.Source()
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard let setting = SourceSetting.all.first(where: { $0.key == name }) else {
                let suggestion = KeySuggestion.nearest(to: name, among: SourceSetting.all.map(\.key))
                throw .unknownKey(key: "\(path).\(name)", suggestion: suggestion, origin: origin(key))
            }
            guard setting.set(value, in: &source) else {
                let shown = value.scalar.map { WrittenValue($0).shown } ?? "a list or mapping"
                throw .invalidValue(
                    key: "\(path).\(name)", value: shown, allowed: setting.allowed, origin: origin(key))
            }
        }
        return source
    }
}
