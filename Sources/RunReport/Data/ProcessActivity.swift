package import Telemetry

/// What the processes of one role did over time, from the counters in their progress lines.
///
/// Counters begin anew when a process is started again; a value below the last one is such a beginning.
package struct ProcessActivity: Sendable {
    private struct Reading {
        let time: Int64
        let amount: Double
        let waits: [String: Double]
    }

    /// Amounts done, e.g. tokens sampled.
    package private(set) var done: TimeBins
    /// Seconds waited, by cause.
    package private(set) var waits: [String: TimeBins] = [:]
    /// Seconds that processes were there.
    package private(set) var present: TimeBins
    /// All that was done.
    package private(set) var total = 0.0
    private var last: [String: Reading] = [:]
    private let empty: TimeBins

    package init(start: Int64, end: Int64) {
        empty = TimeBins(start: start, end: end, minimum: 4)
        (done, present) = (empty, empty)
    }

    package var processes: Int { last.count }

    package mutating func add(_ line: LogLine, counter: String) {
        let reading = Reading(
            time: line.time.milliseconds, amount: line.number(counter) ?? 0,
            waits: line.numbers("waiting_seconds_total"))
        defer { last[line.id] = reading }
        let before = last[line.id]
        let isAnew = before.map { reading.amount < $0.amount } ?? true
        let amount = isAnew ? reading.amount : reading.amount - (before?.amount ?? 0)
        total += amount
        // Where a process began is not in its first line.
        guard let before, !isAnew, reading.time > before.time else { return }
        done.add(amount, from: before.time, to: reading.time)
        present.add(Double(reading.time - before.time) / 1000, from: before.time, to: reading.time)
        for (cause, seconds) in reading.waits {
            var bins = waits[cause] ?? empty
            bins.add(max(0, seconds - (before.waits[cause] ?? 0)), from: before.time, to: reading.time)
            waits[cause] = bins
        }
    }

    /// Share of the time of all processes that went into waiting for `cause`, by bin.
    package func waitingShare(_ cause: String) -> [Double] {
        guard let bins = waits[cause] else { return [] }
        return zip(bins.amounts, present.amounts).map { $1 > 0 ? min(1, $0 / $1) : .nan }
    }

    /// Causes, the longest first.
    package var causes: [String] {
        waits.filter { $0.value.amounts.contains { $0 > 0 } }
            .sorted { ($1.value.amounts.reduce(0, +), $0.key) < ($0.value.amounts.reduce(0, +), $1.key) }.map(\.key)
    }
}
