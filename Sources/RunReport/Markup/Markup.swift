/// HTML, and SVG within it, as a tree that is escaped when it is written.
///
/// Role: the only way in which this module makes markup. Invariant: names of elements and attributes, style and script are
/// literals of the source; whatever comes from a run (names, reasons, responses) is text or an attribute's value, and cannot end
/// what it stands in.
package indirect enum Markup: Sendable {
    case element(StaticString, [Attribute], [Markup])
    case text(String)
    case list([Markup])
    /// A data block for the page's script; never executed.
    case data(JSONNode)
    /// Style and script of this module.
    case verbatim(StaticString)

    package static let nothing = Markup.list([])
}

extension Markup {
    /// The tree as HTML.
    package var html: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to output: inout String) {
        switch self {
        case .element(let name, let attributes, let children):
            output += "<\(name)"
            for attribute in attributes {
                output += " \(attribute.name)=\""
                Self.escape(attribute.value, into: &output)
                output += "\""
            }
            output += ">"
            if Self.isVoid(name) { return }
            for child in children { child.write(to: &output) }
            output += "</\(name)>"
        case .text(let text): Self.escape(text, into: &output)
        case .list(let parts): for part in parts { part.write(to: &output) }
        case .data(let node):
            output += "<script type=\"application/json\">"
            node.write(to: &output)
            output += "</script>"
        case .verbatim(let text): output += "\(text)"
        }
    }

    /// Elements that HTML closes by itself.
    private static func isVoid(_ name: StaticString) -> Bool {
        ["meta", "br", "input", "col", "hr", "wbr"].contains("\(name)")
    }

    /// Escapes what has a meaning in HTML, within quotes too, and shows control characters as symbols: a browser would drop them,
    /// or stop at them.
    static func escape(_ text: String, into output: inout String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "'": output += "&#39;"
            case "\n", "\t": output.unicodeScalars.append(scalar)
            default: output.unicodeScalars.append(visible(scalar))
            }
        }
    }

    /// Control characters as their symbols (U+2400 …); what could turn the direction of the text around it as U+FFFD.
    private static func visible(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
        case 0x7F: "\u{2421}"
        case 0x80..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF: "\u{FFFD}"
        default: scalar
        }
    }
}
