/// JSON for the page's script.
///
/// Invariant: its text contains neither "<" nor "&", so that no content can end the element it stands in.
package indirect enum JSONNode: Sendable {
    case number(Double)
    case text(String)
    case list([JSONNode])
    case object([(StaticString, JSONNode)])

    /// Numbers to four significant digits, or `null` where there is none.
    package static func numbers(_ values: [Double]) -> JSONNode { .list(values.map { .number($0) }) }

    package func write(to output: inout String) {
        switch self {
        case .number(let value): output += value.isFinite ? NumberFormat.significant(value, 5) : "null"
        case .text(let text): Self.write(text, to: &output)
        case .list(let nodes):
            output += "["
            for (index, node) in nodes.enumerated() {
                if index > 0 { output += "," }
                node.write(to: &output)
            }
            output += "]"
        case .object(let members):
            output += "{"
            for (index, member) in members.enumerated() {
                output += index > 0 ? ",\"\(member.0)\":" : "\"\(member.0)\":"
                member.1.write(to: &output)
            }
            output += "}"
        }
    }

    private static func write(_ text: String, to output: inout String) {
        output += "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C, 0x3C, 0x3E, 0x26, 0x27, 0..<0x20, 0x7F...0xFFFF:
                let digits = String(unit, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(Unicode.Scalar(UInt8(truncatingIfNeeded: unit)))
            }
        }
        output += "\""
    }
}
