/// Which waits of a process have lasted too long.
///
/// Role: decides when a stall is told: when one begins or ends, and again every `repeatInterval` while any lasts; pure, the
/// caller passes the time. Owner: whoever reports for the process. Invariant: every stall that was told ends with an `over`.
package struct StallWatch: Sendable {
    /// What there is to tell.
    package enum News: Sendable, Equatable {
        /// These waits have lasted longer than the threshold; cause and duration, longest first.
        case stalled([Wait])
        /// No wait lasts that long any more; the stall lasted so long from its first wait's beginning.
        case over(Duration)
    }

    package struct Wait: Sendable, Equatable {
        package let cause: String
        package let duration: Duration

        package init(cause: String, duration: Duration) {
            self.cause = cause
            self.duration = duration
        }
    }

    static let repeatInterval = Duration.seconds(10)
    private let threshold: Duration
    private var told: Set<String> = []
    private var since: ContinuousClock.Instant?
    private var lastNews: ContinuousClock.Instant?

    package init(threshold: Duration) { self.threshold = threshold }

    /// Looks at the waits under way, by cause, with their beginnings.
    package mutating func look(
        at waits: [String: ContinuousClock.Instant], now: ContinuousClock.Instant
    ) -> News? {
        let stalls = waits.filter { now - $0.value > threshold }
        guard !stalls.isEmpty else {
            guard let since else { return nil }
            self = StallWatch(threshold: threshold)
            return .over(now - since)
        }
        let isDue = lastNews.map { now - $0 >= Self.repeatInterval } ?? true
        guard isDue || Set(stalls.keys) != told else { return nil }
        told = Set(stalls.keys)
        lastNews = now
        since = ([since] + stalls.values.map { $0 }).compactMap { $0 }.min()
        return .stalled(
            stalls.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
                .map { Wait(cause: $0.key, duration: now - $0.value) })
    }
}
