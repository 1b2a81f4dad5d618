import Execution
package import Logging

/// What all loggers of a process share: who it is, where its lines go, and the least level that is written.
package final class LogDestination: Sendable {
    let role: String
    let id: String
    let file: LogFile
    /// Least level echoed to standard error; nil for no echo.
    let consoleLevel: Logger.Level?
    private let leastLevel: Lock<Logger.Level>

    package init(role: String, id: String, file: LogFile, level: Logger.Level, consoleLevel: Logger.Level?) {
        self.role = role
        self.id = id
        self.file = file
        self.consoleLevel = consoleLevel
        leastLevel = Lock(level)
    }

    package var level: Logger.Level {
        get { leastLevel.withLock { $0 } }
        set { leastLevel.withLock { $0 = newValue } }
    }
}

/// swift-log handler that writes each event as one JSON object on one line (docs/logs.md), and echoes it for people.
package struct JSONLinesLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let destination: LogDestination
    private var ownLevel: Logger.Level?

    package init(destination: LogDestination) {
        self.destination = destination
    }

    /// The process-wide level, unless this logger was given its own.
    package var logLevel: Logger.Level {
        get { ownLevel ?? destination.level }
        set { ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let given = event.metadata { merged.merge(given) { $1 } }
        var fields = merged.mapValues { LogValue($0) }
        if let error = event.error { fields["error"] = .text("\(error)") }
        let line = LogLine(
            time: .now, level: event.level.rawValue, role: destination.role, id: destination.id,
            event: event.message.description, fields: fields)
        destination.file.append(line)
        if let least = destination.consoleLevel, event.level >= least { ConsoleEcho.print(line) }
    }
}
