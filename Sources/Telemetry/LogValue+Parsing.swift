import JSON

extension LogValue {
    /// Reads one JSON text. Returns nil for anything that is not exactly one JSON value, so that a line cut off by a
    /// crash is recognised.
    package init?(json: some StringProtocol) {
        do throws(JSONError) {
            self = try .parse(json)
        } catch {
            // Where it breaks matters to nobody: the line is told apart, not mended.
            return nil
        }
    }
}

extension LogValue: JSONDocument {
    package static func key(_ text: String) -> String { text }

    package static func number(written text: String, isWhole: Bool) -> LogValue? {
        if isWhole, let whole = Int64(text) { return .integer(whole) }
        return Double(text).map { .number($0) }
    }

    package static func string(_ text: String) -> LogValue { .text(text) }

    package static func array(_ elements: [LogValue]) -> LogValue { .list(elements) }

    package static func object(members: [(key: String, value: LogValue)]) -> LogValue {
        .object(Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value) }))
    }
}
