import JSON
import Model

/// A JSON-lines file, read whole: every line must be a JSON object.
enum JSONLines {
    /// One line and where it stands, for errors.
    struct Line {
        let path: String
        let number: Int
        let value: JSONValue

        func failure(_ reason: String) -> CommandFailure { CommandFailure("\(path):\(number): \(reason)") }

        /// A member that must be a string.
        func text(_ key: String) throws -> String {
            guard let text = value[key]?.string else { throw failure("\"\(key)\" must be there and be a string") }
            return text
        }
    }

    /// What `body` makes of each line that is not blank, in order.
    static func read<Element>(_ path: String, maximumBytes: Int, _ body: (Line) throws -> Element) throws -> [Element] {
        let bytes = try FileReading.read(path, limit: maximumBytes)
        var elements: [Element] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where line.contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) {
            let value: JSONValue
            do throws(JSONError) {
                value = try JSONValue.parse(Array(line))
            } catch {
                throw CommandFailure("\(path):\(index + 1): \(error)")
            }
            guard value.object != nil else { throw CommandFailure("\(path):\(index + 1): not a JSON object") }
            elements.append(try body(Line(path: path, number: index + 1, value: value)))
        }
        return elements
    }
}
