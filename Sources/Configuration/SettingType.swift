/// A value as written by the user, before its setting's type is known.
struct WrittenValue: Sendable, Equatable {
    let text: String
    /// Quoted values are text, never a number, a truth value or null.
    let isQuoted: Bool

    var isNull: Bool { !isQuoted && ["", "~", "null", "Null", "NULL"].contains(text) }

    /// As errors repeat it.
    var shown: String { isNull ? "null" : isQuoted ? "\"\(text)\"" : text }
}

/// A value as it is written back, in JSON and in YAML.
package enum RenderedValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(String)
    case text(String)
    case list([RenderedValue])
    /// JSON as it stands.
    case json(String)
}

/// How the values of a setting are read, checked and written. The setting decides the type, not the spelling: so
/// files, overrides and the JSON form are read by the same code.
struct SettingType<Value: Sendable>: Sendable {
    /// What is allowed, in words, for errors and for the documentation.
    let allowed: String
    /// nil when the text is not a value of this type or lies outside its range.
    let parse: @Sendable (WrittenValue) -> Value?
    let render: @Sendable (Value) -> RenderedValue
}

extension SettingType where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Self {
        let bound =
            range.upperBound == .max
            ? "integer ≥ \(range.lowerBound)" : "integer \(range.lowerBound)…\(range.upperBound)"
        return Self(
            allowed: bound,
            parse: { written in
                guard !written.isQuoted, let value = Int(withoutSeparators(written.text)) else { return nil }
                return range.contains(value) ? value : nil
            },
            render: { .number(String($0)) })
    }
}

extension SettingType where Value == UInt64 {
    static var unsigned: Self {
        Self(
            allowed: "integer 0…\(UInt64.max)",
            parse: { $0.isQuoted ? nil : UInt64(withoutSeparators($0.text)) },
            render: { .number(String($0)) })
    }
}

extension SettingType where Value == Double {
    /// Finite numbers in `range`; `exclusive` bars the lower bound itself.
    static func number(_ range: ClosedRange<Double>, exclusive: Bool = false) -> Self {
        let isOpen = range.upperBound == .greatestFiniteMagnitude
        let lower = "\(exclusive ? ">" : "≥") \(plain(range.lowerBound))"
        return Self(
            allowed: "number " + lower + (isOpen ? "" : " and ≤ \(plain(range.upperBound))"),
            parse: { written in
                guard !written.isQuoted, let value = Double(withoutSeparators(written.text)) else { return nil }
                return range.contains(value) && !(exclusive && value == range.lowerBound) ? value : nil
            },
            render: { .number(plain($0)) })
    }

    /// Any time span from 0 (or more than 0) to a year, in seconds.
    static func seconds(positive: Bool = true) -> Self {
        number(0...31_536_000, exclusive: positive)
    }
}

extension SettingType where Value == Bool {
    static var boolean: Self {
        Self(
            allowed: "true or false",
            parse: { $0.isQuoted ? nil : Bool($0.text) },
            render: { .boolean($0) })
    }
}

extension SettingType where Value == String {
    static func text(_ allowed: String, where isAllowed: @escaping @Sendable (String) -> Bool) -> Self {
        Self(
            allowed: allowed,
            parse: { !$0.isNull && isAllowed($0.text) ? $0.text : nil },
            render: { .text($0) })
    }

    static var path: Self { text("a path, not empty") { !$0.isEmpty } }
}

extension SettingType where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the names of an enumeration.
    static var choice: Self {
        Self(
            allowed: Value.allCases.map(\.rawValue).joined(separator: " | "),
            parse: { Value(rawValue: $0.text) },
            render: { .text($0.rawValue) })
    }
}

extension SettingType {
    /// The same type with `null` for "not set"; `meaning` says what then holds.
    static func optional<Wrapped>(_ type: SettingType<Wrapped>, whenNull meaning: String) -> Self
    where Value == Wrapped? {
        Self(
            allowed: "\(type.allowed), or null: \(meaning)",
            parse: { written in
                if written.isNull { return .some(nil) }
                return type.parse(written).map { .some($0) }
            },
            render: { value in value.map { type.render($0) } ?? .null })
    }

    /// Digits may be grouped by underscores, as in YAML and Swift: 16_777_216.
    fileprivate static func withoutSeparators(_ text: String) -> String {
        text.filter { $0 != "_" }
    }

    /// The shortest text that reads back as the same number, whole numbers without ".0".
    fileprivate static func plain(_ value: Double) -> String {
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
