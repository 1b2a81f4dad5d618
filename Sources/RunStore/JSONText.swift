import JSON

/// JSON, written piece by piece as UTF-8: the journal writes many small documents, and quickly.
struct JSONText {
    private(set) var bytes: [UInt8] = []

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Punctuation and keys, as they are.
    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func number(_ value: some FixedWidthInteger) { bytes.append(contentsOf: String(value).utf8) }

    /// Null for what JSON has no number for.
    mutating func number(_ value: Double?) {
        if let value, value.isFinite { bytes.append(contentsOf: "\(value)".utf8) } else { raw("null") }
    }

    mutating func string(_ value: String?) {
        guard let value else { return raw("null") }
        bytes.appendJSONString(value)
    }

    /// The elements with commas between and brackets around.
    mutating func list<Element>(_ elements: [Element], _ write: (inout JSONText, Element) -> Void) {
        raw("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { raw(",") }
            write(&self, element)
        }
        raw("]")
    }
}
