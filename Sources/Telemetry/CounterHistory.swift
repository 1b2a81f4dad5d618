/// A growing total that a process logs from time to time, remembered for the longest window.
///
/// A total that fell means that the process was started again: what it counted before is kept.
struct CounterHistory: Sendable {
    /// A process silent for longer is taken as standing still since its last line, in seconds.
    private static let silence = 10.0
    private var samples: [(time: Timestamp, total: Double)] = []
    private var previous = 0.0

    mutating func add(_ value: Double, at time: Timestamp) {
        let grown = value >= previous ? value - previous : value
        let total = (samples.last?.total ?? 0) + (samples.isEmpty ? value : grown)
        previous = value
        samples.append((time, total))
        // One sample from before the longest window stays, to begin the window with.
        while samples.count > 2, time.seconds(since: samples[1].time) > Double(RateMeter.windows.max() ?? 0) {
            samples.removeFirst()
        }
    }

    var total: Double { samples.last?.total ?? 0 }

    /// Growth per second over the `window` seconds before `moment`, or over what is known if that is less. Nil when
    /// there is nothing to compare with.
    func rate(over window: Double, asOf moment: Timestamp) -> Double? {
        guard let last = samples.last else { return nil }
        let begin = samples.last { moment.seconds(since: $0.time) >= window } ?? samples[0]
        let silence = moment.seconds(since: last.time)
        let span = silence > Self.silence ? moment.seconds(since: begin.time) : last.time.seconds(since: begin.time)
        guard span > 0 else { return silence >= window ? 0 : nil }
        return (last.total - begin.total) / span
    }
}
