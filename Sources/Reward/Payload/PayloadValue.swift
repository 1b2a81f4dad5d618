import JSON

/// A JSON value whose numbers keep the digits they were written with, so that exact verifiers stay exact.
package indirect enum PayloadValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// As written: "1e3" and "1000" are different texts of one number.
    case number(String)
    case string(String)
    case array([PayloadValue])
    /// Keys are distinct; order is not kept.
    case object([String: PayloadValue])

    package var string: String? { if case .string(let text) = self { text } else { nil } }
    package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    package var array: [PayloadValue]? { if case .array(let values) = self { values } else { nil } }
    package var object: [String: PayloadValue]? { if case .object(let members) = self { members } else { nil } }

    /// A number without fraction or exponent that fits 64 bits.
    package var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }

    /// Any finite number, rounded to the nearest of 64 bits.
    package var double: Double? {
        guard case .number(let text) = self, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    package init(_ value: Int) { self = .number(String(value)) }

    /// JSON without blanks and with sorted keys, so that equal values give equal bytes.
    package var json: [UInt8] {
        var output: [UInt8] = []
        write(to: &output)
        return output
    }

    private func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .boolean(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): output.append(contentsOf: text.utf8)
        case .string(let text): output.appendJSONString(text)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                output.appendJSONString(member.key)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }
}

extension PayloadValue: JSONDocument {
    /// Canonically equivalent keys count as one: whoever writes both means trouble.
    package static func key(_ text: String) -> String { text }

    package static func number(written text: String, isWhole: Bool) -> PayloadValue? { .number(text) }

    package static func object(members: [(key: String, value: PayloadValue)]) -> PayloadValue {
        .object(Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) }))
    }
}
