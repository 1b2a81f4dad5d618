/// Writes a `JSONValue` as UTF-8, deterministically: members in their order, shortest round-tripping numbers.
package struct JSONWriter {
    private var output: [UInt8] = []
    private let isIndented: Bool

    /// - Parameter indented: two spaces per level and a final newline, as Hugging Face writes its files; otherwise no blanks.
    package static func write(_ value: JSONValue, indented: Bool = false) -> [UInt8] {
        var writer = JSONWriter(isIndented: indented)
        writer.append(value, level: 0)
        if indented { writer.output.append(0x0A) }
        return writer.output
    }

    private init(isIndented: Bool) { self.isIndented = isIndented }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func append(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null")
        case .boolean(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value):
            precondition(value.isFinite, "JSON has no number \(value)")
            append(value.description)
        case .string(let value): output.appendJSONString(value)
        case .array(let values): append(values, level: level)
        case .object(let object): append(object, level: level)
        }
    }

    private mutating func append(_ values: [JSONValue], level: Int) {
        append("[")
        for (index, value) in values.enumerated() {
            separate(index: index, level: level + 1)
            append(value, level: level + 1)
        }
        if !values.isEmpty { breakLine(level: level) }
        append("]")
    }

    private mutating func append(_ object: JSONObject, level: Int) {
        append("{")
        for (index, member) in object.members.enumerated() {
            separate(index: index, level: level + 1)
            output.appendJSONString(member.key)
            append(isIndented ? ": " : ":")
            append(member.value, level: level + 1)
        }
        if !object.members.isEmpty { breakLine(level: level) }
        append("}")
    }

    private mutating func separate(index: Int, level: Int) {
        if index > 0 { append(",") }
        breakLine(level: level)
    }

    private mutating func breakLine(level: Int) {
        guard isIndented else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: 2 * level))
    }
}
