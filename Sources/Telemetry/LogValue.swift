import JSON

/// A value of a log line: JSON, with whole numbers kept apart from others.
///
/// A number that is not finite has no JSON form and is written as null.
package indirect enum LogValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case list([LogValue])
    case object([String: LogValue])
}

extension LogValue {
    package init(_ value: some BinaryInteger) {
        self = Int64(exactly: value).map { .integer($0) } ?? .number(Double(value))
    }
    package init(_ value: Double) { self = .number(value) }
    package init(_ value: Float) { self = .number(Double(value)) }

    /// The value as a number, whole or not.
    package var asDouble: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var asText: String? {
        if case .text(let value) = self { value } else { nil }
    }

    package var asObject: [String: LogValue]? {
        if case .object(let value) = self { value } else { nil }
    }

    package var asBoolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }
}

extension LogValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(arrayLiteral elements: LogValue...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, LogValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

/// The JSON text of the value on one line; keys of objects in alphabetical order.
extension LogValue: CustomStringConvertible {
    package var description: String {
        var text = ""
        write(to: &text)
        return text
    }

    func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .number(let value): text += value.isFinite ? "\(value)" : "null"
        case .text(let value): Self.write(string: value, to: &text)
        case .list(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, key) in members.keys.sorted().enumerated() {
                if index > 0 { text += "," }
                Self.write(string: key, to: &text)
                text += ":"
                members[key, default: .null].write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(string: String, to text: inout String) {
        var bytes: [UInt8] = []
        bytes.appendJSONString(string)
        text += String(decoding: bytes, as: UTF8.self)
    }
}
