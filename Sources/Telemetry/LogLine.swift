/// One line of a log file: who says what, when. The common part of the schema in docs/logs.md.
package struct LogLine: Sendable, Equatable {
    package var time: Timestamp
    /// "trace" … "critical".
    package var level: String
    /// "learner", "rollout-worker", "reward-verifier", "parameter-broadcaster", "supervisor".
    package var role: String
    /// Unique within the run, e.g. "rollout-worker-2".
    package var id: String
    /// What happened, e.g. "step".
    package var event: String
    /// Everything else. A field that bears the name of a common one is written with a leading underscore.
    package var fields: [String: LogValue]

    package init(
        time: Timestamp, level: String, role: String, id: String, event: String, fields: [String: LogValue] = [:]
    ) {
        self.time = time
        self.level = level
        self.role = role
        self.id = id
        self.event = event
        self.fields = fields
    }

    /// Reads one line. Returns nil for what is not a whole log line, e.g. one that a crash cut off.
    package init?(json: some StringProtocol) {
        guard case .object(var members)? = LogValue(json: json),
            let time = members.removeValue(forKey: "time")?.asText.flatMap({ Timestamp($0) }),
            let level = members.removeValue(forKey: "level")?.asText,
            let role = members.removeValue(forKey: "role")?.asText,
            let id = members.removeValue(forKey: "id")?.asText,
            let event = members.removeValue(forKey: "event")?.asText
        else { return nil }
        self.init(time: time, level: level, role: role, id: id, event: event, fields: members)
    }

    /// The line as JSON, without the line feed: the common fields first, the others in alphabetical order.
    package var json: String {
        let common = [("time", time.description), ("level", level), ("role", role), ("id", id), ("event", event)]
        var text = "{"
        for (key, value) in common {
            text += text.utf8.count > 1 ? ",\"\(key)\":" : "\"\(key)\":"
            LogValue.text(value).write(to: &text)
        }
        for key in fields.keys.sorted() {
            let name = common.contains { $0.0 == key } ? "_" + key : key
            text += ","
            LogValue.text(name).write(to: &text)
            text += ":"
            fields[key, default: .null].write(to: &text)
        }
        return text + "}"
    }

    package subscript(_ key: String) -> LogValue? { fields[key] }

    /// The number of a field; nil when it is absent, null or no number.
    package func number(_ key: String) -> Double? { fields[key]?.asDouble }
    package func text(_ key: String) -> String? { fields[key]?.asText }

    /// The numbers of a field that is an object of numbers.
    package func numbers(_ key: String) -> [String: Double] {
        (fields[key]?.asObject ?? [:]).compactMapValues(\.asDouble)
    }
}
