/// Shows how far a long piece of work is, with its rate and the time left, on standard error.
///
/// On a terminal one line is rewritten in place; otherwise a line is written every ten seconds, so that a log stays short
/// and work that is done sooner leaves no trace.
final class Progress {
    private static let watchedInterval = Duration.milliseconds(200)
    private static let loggedInterval = Duration.seconds(10)

    private let label: String
    private var total: Int
    private let unit: String
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shown: ContinuousClock.Instant
    private var hasLine = false

    init(_ label: String, total: Int, unit: String) {
        (self.label, self.total, self.unit) = (label, total, unit)
        start = clock.now
        shown = start
    }

    /// Seconds since the beginning.
    var seconds: Double { (clock.now - start) / .seconds(1) }

    /// Says that `done` of the total are done; `note` is added to the line.
    func update(_ done: Int, note: String = "") {
        let now = clock.now
        guard now - shown >= (Console.isWatched ? Self.watchedInterval : Self.loggedInterval) else { return }
        shown = now
        hasLine = true
        let line = line(done, note: note)
        Console.statusText(Console.isWatched ? "\r\u{1B}[K" + line : line + "\n")
    }

    /// The same where the total is known only on the way.
    func update(_ done: Int, of total: Int) {
        self.total = total
        update(done)
    }

    /// "evaluation 120/256 prompts · 31.0 prompts/s · 4 s left".
    func line(_ done: Int, note: String = "") -> String {
        let rate = Double(done) / max(seconds, 1e-9)
        let left = done > 0 ? NumberText.duration(Double(total - done) / rate) : "–"
        return "\(label) \(done)/\(total) \(unit)" + (note.isEmpty ? "" : " · \(note)")
            + " · \(NumberText.rate(rate)) \(unit)/s · \(left) left"
    }

    /// Removes the line from the terminal.
    func clear() {
        if hasLine && Console.isWatched { Console.statusText("\r\u{1B}[K") }
        hasLine = false
    }
}
