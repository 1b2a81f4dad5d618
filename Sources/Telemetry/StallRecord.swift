/// Waits of a process have lasted longer than `logging.stall_seconds`.
package struct Stalled: LogRecord {
    package static let event = "stalled"
    /// Longest first.
    package var waits: [StallWatch.Wait]
    /// What other processes say they wait for, by id; only the learner hears of that.
    package var members: [String: String]

    package init(_ waits: [StallWatch.Wait], members: [String: String]) {
        self.waits = waits
        self.members = members
    }

    package var fields: [String: LogValue] {
        let seconds = Dictionary(waits.map { ($0.cause, $0.duration.inSeconds) }) { $1 }
        return [
            "waiting_for": .text(waits.map(\.cause).joined(separator: "; ")),
            "waiting_seconds": .number(waits.first?.duration.inSeconds ?? 0),
            "waits": LogValue(seconds),
            "members": .object(members.mapValues { .text($0) }),
        ]
    }
}

/// Nothing of what the process waited for has lasted that long any more.
package struct StallOver: LogRecord {
    package static let event = "stall_over"
    package var seconds: Double

    package init(seconds: Double) { self.seconds = seconds }

    package var fields: [String: LogValue] { ["waiting_for": .null, "stalled_seconds": .number(seconds)] }
}
