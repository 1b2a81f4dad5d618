import Foundation
import Yams

extension RunConfiguration {
    /// Largest configuration file read, in bytes.
    private static let maximumFileBytes = 1_048_576

    /// Resolves a configuration: the defaults, then each file in order, then each override (`section.key=value`).
    /// Later values win. An unknown key, a value of the wrong type or out of range, or a contradiction is refused.
    package static func load(
        files: [String], overrides: [String] = []
    ) throws(ConfigurationError) -> RunConfiguration {
        var configuration = RunConfiguration()
        for file in files {
            try configuration.apply(yaml: try contents(of: file), named: file)
        }
        for override in overrides {
            try configuration.apply(override: override)
        }
        try configuration.validate()
        return configuration
    }

    /// Reads back what `resolvedJSON` wrote (JSON is YAML), with the same strictness as a file.
    package init(json: String) throws(ConfigurationError) {
        self.init()
        try apply(yaml: json, named: "resolved configuration")
        try validate()
    }

    /// Lays the values of a YAML text over the present ones. `name` stands for the file in errors.
    package mutating func apply(yaml: String, named name: String) throws(ConfigurationError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            throw .malformedYAML(path: name, reason: "\(error)")
        }
        guard let root, !Self.isEmpty(root) else { return }
        guard let mapping = root.mapping else {
            throw .wrongShape(
                key: "the document", expected: "a mapping of sections",
                origin: .file(path: name, line: root.mark?.line ?? 1))
        }
        try apply(mapping, under: "", named: name)
    }

    /// Applies one `section.key=value`.
    package mutating func apply(override: String) throws(ConfigurationError) {
        guard let equals = override.firstIndex(of: "="), equals != override.startIndex else {
            throw .malformedOverride(override)
        }
        let path = String(override[..<equals])
        let text = String(override[override.index(after: equals)...])
        if let setting = Self.listSetting(path), let entries = try Self.entries(text, of: override) {
            return try setting.set(entries, in: &self) { _ in .override }
        }
        try set(path, to: WrittenValue(text: text, isQuoted: false), origin: .override)
    }

    /// The list that an override writes in YAML, or nil if it is none.
    private static func entries(_ text: String, of override: String) throws(ConfigurationError) -> Node.Sequence? {
        do {
            return try Yams.compose(yaml: text)?.sequence
        } catch {
            throw .malformedYAML(path: "--set \(override)", reason: "\(error)")
        }
    }

    private mutating func apply(
        _ mapping: Node.Mapping, under prefix: String, named name: String
    ) throws(ConfigurationError) {
        for (key, value) in mapping {
            let origin = ConfigurationOrigin.file(path: name, line: key.mark?.line ?? mapping.mark?.line ?? 1)
            let path = prefix + (key.scalar?.string ?? "\(key)")
            switch value {
            case .mapping(let section):
                guard Setting.sections.contains(path) else {
                    throw Self.isSetting(path)
                        ? .wrongShape(key: path, expected: "a single value, not a mapping", origin: origin)
                        : Self.unknown(path, origin: origin)
                }
                try apply(section, under: path + ".", named: name)
            case .scalar(let scalar):
                let written = WrittenValue(scalar)
                // An empty section ("task:" and nothing below it) changes nothing.
                if written.isNull, Setting.sections.contains(path) { continue }
                try set(path, to: written, origin: origin)
            case .sequence(let entries):
                guard let setting = Self.listSetting(path) else { throw Self.unlisted(path, origin: origin) }
                try setting.set(entries, in: &self) { node in
                    .file(path: name, line: node.mark?.line ?? key.mark?.line ?? 1)
                }
            case .alias: throw Self.unlisted(path, origin: origin)
            }
        }
    }

    private mutating func set(
        _ path: String, to written: WrittenValue, origin: ConfigurationOrigin
    ) throws(ConfigurationError) {
        guard let setting = Setting.all.first(where: { $0.path == path }) else {
            throw Setting.sections.contains(path)
                ? .wrongShape(key: path, expected: "a section with settings below it", origin: origin)
                : Self.unknown(path, origin: origin)
        }
        try setting.set(written, in: &self, origin: origin)
    }

    private static func listSetting(_ path: String) -> Setting? {
        Setting.all.first { $0.path == path && $0.isList }
    }

    private static func unlisted(_ path: String, origin: ConfigurationOrigin) -> ConfigurationError {
        isSetting(path) || Setting.sections.contains(path)
            ? .wrongShape(key: path, expected: "a single value, not a list", origin: origin)
            : unknown(path, origin: origin)
    }

    private static func isSetting(_ path: String) -> Bool {
        Setting.all.contains { $0.path == path }
    }

    private static func unknown(_ path: String, origin: ConfigurationOrigin) -> ConfigurationError {
        let candidates = Setting.sections + Setting.all.map(\.path)
        return .unknownKey(key: path, suggestion: KeySuggestion.nearest(to: path, among: candidates), origin: origin)
    }

    private static func isEmpty(_ node: Node) -> Bool {
        guard let scalar = node.scalar else { return false }
        return WrittenValue(text: scalar.string, isQuoted: scalar.style != .plain).isNull
    }

    private static func contents(of file: String) throws(ConfigurationError) -> String {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            throw .unreadableFile(path: file, reason: error.localizedDescription)
        }
        guard data.count <= maximumFileBytes else {
            throw .unreadableFile(path: file, reason: "\(data.count) bytes; at most \(maximumFileBytes) are read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw .unreadableFile(path: file, reason: "not UTF-8 text")
        }
        return text
    }
}
