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

    init<Value>(
        _ path: String, _ place: any WritableKeyPath<RunConfiguration, Value> & Sendable, _ type: SettingType<Value>,
        _ documentation: String
    ) {
        self.path = path
        self.documentation = documentation
        allowed = type.allowed
        reader = { type.render($0[keyPath: place]) }
        writer = { configuration, written in
            guard let value = type.parse(written) else { return false }
            configuration[keyPath: place] = value
            return true
        }
    }

    /// The setting's value in `configuration`.
    package func value(in configuration: RunConfiguration) -> RenderedValue {
        reader(configuration)
    }

    /// Stores what the user wrote, or throws `invalidValue`.
    func set(
        _ written: WrittenValue, in configuration: inout RunConfiguration, origin: ConfigurationOrigin
    ) throws(ConfigurationError) {
        guard writer(&configuration, written) else {
            let shown = written.isNull ? "null" : written.isQuoted ? "\"\(written.text)\"" : written.text
            throw .invalidValue(key: path, value: shown, allowed: allowed, origin: origin)
        }
    }
}
