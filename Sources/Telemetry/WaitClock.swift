/// Who waits for what, since when, and how long in total.
///
/// Role: books waiting time by cause; pure, the caller passes the time. Owner: the process or task that waits.
/// Several waits for one cause at the same time count once. Invariant: every `end` had its `begin`.
package struct WaitClock: Sendable {
    private struct Account: Sendable {
        var waiters = 0
        var since: ContinuousClock.Instant?
        var past = Duration.zero
        var taken = Duration.zero

        func total(_ now: ContinuousClock.Instant) -> Duration {
            past + (since.map { now - $0 } ?? .zero)
        }
    }

    private var accounts: [String: Account] = [:]

    package init() {}

    /// A wait for `cause` begins, e.g. "groups" or "verdict".
    package mutating func begin(_ cause: String, now: ContinuousClock.Instant) {
        var account = accounts[cause, default: Account()]
        if account.waiters == 0 { account.since = now }
        account.waiters += 1
        accounts[cause] = account
    }

    /// A wait for `cause` ends.
    package mutating func end(_ cause: String, now: ContinuousClock.Instant) {
        guard var account = accounts[cause], account.waiters > 0 else {
            preconditionFailure("nobody waits for \(cause)")
        }
        account.waiters -= 1
        if account.waiters == 0 {
            account.past = account.total(now)
            account.since = nil
        }
        accounts[cause] = account
    }

    /// The wait that has lasted longest, if any is under way.
    package var current: (cause: String, since: ContinuousClock.Instant)? {
        let waiting = accounts.compactMap { cause, account in account.since.map { (cause: cause, since: $0) } }
        return waiting.min { ($0.since, $0.cause) < ($1.since, $1.cause) }
    }

    /// Seconds waited by cause since the start, waits under way included.
    package func totals(now: ContinuousClock.Instant) -> [String: Double] {
        accounts.mapValues { $0.total(now).inSeconds }
    }

    /// Seconds waited by cause since the last call: what a step's log line reports.
    package mutating func take(now: ContinuousClock.Instant) -> [String: Double] {
        var result: [String: Double] = [:]
        for (cause, account) in accounts {
            let total = account.total(now)
            if total > account.taken { result[cause] = (total - account.taken).inSeconds }
            accounts[cause]?.taken = total
        }
        return result
    }
}
