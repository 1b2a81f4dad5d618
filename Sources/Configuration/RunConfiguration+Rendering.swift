extension RunConfiguration {
    /// The whole configuration as one line of JSON, every key present: what the learner sends to its members.
    package var resolvedJSON: String {
        json(under: "")
    }

    /// The whole configuration as YAML, every key present, in the schema's order: what `--dry-run` prints.
    /// One `key: value` or entry of a list a line, two spaces of indentation per section; texts in double quotes.
    package var resolvedYAML: String {
        var lines: [String] = []
        var open: [Substring] = []
        for setting in Setting.all {
            let parts = setting.path.split(separator: ".")
            let sections = Array(parts.dropLast())
            let shared = zip(open, sections).prefix { $0 == $1 }.count
            for depth in shared..<max(shared, sections.count) {
                lines.append(String(repeating: "  ", count: depth) + sections[depth] + ":")
            }
            open = sections
            let indentation = String(repeating: "  ", count: sections.count)
            let value = setting.value(in: self)
            if case .list(let entries) = value, !entries.isEmpty {
                lines.append("\(indentation)\(parts[parts.count - 1]):")
                lines += entries.map { "\(indentation)  - \($0.literal)" }
            } else {
                lines.append("\(indentation)\(parts[parts.count - 1]): \(value.literal)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Keys whose values are not those of `other`.
    package func differences(from other: RunConfiguration) -> [String] {
        Setting.all.filter { $0.value(in: self).literal != $0.value(in: other).literal }.map(\.path)
    }

    /// The object of one section ("" for all), its nested sections included.
    private func json(under section: String) -> String {
        let prefix = section.isEmpty ? "" : section + "."
        var done: Set<String> = []
        var members: [String] = []
        for setting in Setting.all where setting.path.hasPrefix(prefix) {
            let rest = setting.path.dropFirst(prefix.count)
            let key = rest.prefix { $0 != "." }
            guard done.insert(String(key)).inserted else { continue }
            let value = key == rest ? setting.value(in: self).literal : json(under: prefix + key)
            members.append("\"\(key)\":\(value)")
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}

extension RenderedValue {
    /// The value as JSON, which is YAML too.
    package var literal: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let digits): digits
        case .list(let entries): "[" + entries.map(\.literal).joined(separator: ",") + "]"
        case .json(let text): text
        case .text(let text): "\"" + text.unicodeScalars.map(Self.escaped).joined() + "\""
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case _ where scalar.value < 0x20 || scalar.value == 0x7F:
            "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
        default: String(scalar)
        }
    }
}
