package import Logging
import Telemetry
package import Transport

/// Tells the log, once a second at most, who waits for what for too long.
///
/// Owner: a role's actor; lives on its reactor's thread. The role says which waits are under way; when they are worth telling is
/// decided by `StallWatch`.
package final class StallReporter {
    private let reactor: Reactor
    private let log: Logger
    private let waits: () -> [String: ContinuousClock.Instant]
    private let members: () -> [String: String]
    private var watch: StallWatch

    /// - Parameters:
    ///   - threshold: `logging.stall_seconds`.
    ///   - members: what other processes say they wait for; asked when there is a stall to tell.
    ///   - waits: what the process waits for now, with the beginning of each wait.
    package init(
        reactor: Reactor, log: Logger, threshold: Duration, members: @escaping () -> [String: String] = { [:] },
        waits: @escaping () -> [String: ContinuousClock.Instant]
    ) {
        self.reactor = reactor
        self.log = log
        self.members = members
        self.waits = waits
        watch = StallWatch(threshold: threshold)
        look()
    }

    private func look() {
        switch watch.look(at: waits(), now: .now) {
        case .stalled(let waits): log.record(Stalled(waits, members: members()), level: .warning)
        case .over(let duration): log.record(StallOver(seconds: duration.inSeconds))
        case nil: break
        }
        reactor.schedule(after: .seconds(1), name: "look for stalls") { [weak self] in self?.look() }
    }
}
