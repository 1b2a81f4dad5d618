import Glibc

/// Log lines for people: one line each on standard error.
enum ConsoleEcho {
    static func print(_ line: LogLine) {
        let bytes = Array((text(of: line) + "\n").utf8)
        // An echo nobody can receive (closed terminal) is no loss: the log file has the line.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    /// "22:13:01 WARNING rollout-worker-1 lease_expired group=12 waited_seconds=3.25"
    static func text(of line: LogLine) -> String {
        let clock = line.time.description.dropFirst(11).prefix(8)
        let fields = line.fields.keys.sorted().map { key in
            let value = line.fields[key, default: .null]
            return "\(key)=\(rounded(value))"
        }
        return (["\(clock)", line.level.uppercased(), line.id, line.event] + fields).joined(separator: " ")
    }

    private static func rounded(_ value: LogValue) -> String {
        switch value {
        case .number(let number) where number.isFinite: Format.number(number)
        case .text(let text): text.contains(where: \.isWhitespace) ? value.description : text
        default: value.description
        }
    }
}
