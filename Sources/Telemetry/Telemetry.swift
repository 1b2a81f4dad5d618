import Glibc
package import Logging

/// Set-up of a process's logging.
package enum Telemetry {
    /// Sends everything logged in this process to `directory/id.jsonl`, and a readable echo to standard error: from
    /// `info` on a terminal, from `warning` otherwise. Creates the directory and writes the
    /// line "started". To be called once, before any logger.
    ///
    /// - Returns: the destination, whose `level` may be changed while running (a worker learns its level on joining).
    @discardableResult
    package static func bootstrap(
        role: String, id: String, directory: String, level: Logger.Level = .info
    ) throws(LogFileError) -> LogDestination {
        let destination = try open(role: role, id: id, directory: directory, level: level)
        LoggingSystem.bootstrap(
            { _, provider in
                var handler = JSONLinesLogHandler(destination: destination)
                handler.metadataProvider = provider
                return handler
            }, metadataProvider: nil)
        Logger(label: role).record(Started(processID: Int(getpid())))
        return destination
    }

    /// The destination `bootstrap` uses: makes the directory and opens the file.
    package static func open(
        role: String, id: String, directory: String, level: Logger.Level
    ) throws(LogFileError) -> LogDestination {
        try makeDirectory(directory)
        return LogDestination(
            role: role, id: id, file: try LogFile(path: "\(directory)/\(id).jsonl"), level: level,
            consoleLevel: isatty(STDERR_FILENO) == 1 ? .info : .warning)
    }

    private static func makeDirectory(_ path: String) throws(LogFileError) {
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/" + part
            guard mkdir(partial, 0o755) == 0 || errno == EEXIST else {
                throw LogFileError(path: partial, reason: String(cString: strerror(errno)))
            }
        }
    }
}
