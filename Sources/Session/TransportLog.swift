package import Logging
package import Transport
import Wire

/// Tells the log what an endpoint's peers do wrong, without letting them fill it.
///
/// Owner: a role's actor, one for each endpoint it binds. Invariant: at most one warning per kind of fault and `interval`, and
/// one per refused key; how often each fault occurred is in the endpoint's counters, which the progress lines show.
package struct TransportLog: Sendable {
    private static let interval = Duration.seconds(10)
    /// Beyond so many refused keys the rest is only counted: anybody can make keys.
    private static let refusalsTold = 256
    private var refusals: Set<PeerRefusal> = []
    private var told: [String: ContinuousClock.Instant] = [:]

    package init() {}

    package mutating func tell(_ event: TransportEvent, log: Logger, now: ContinuousClock.Instant = .now) {
        let kind: String
        switch event {
        case .malformed(_, let error): kind = error.reason
        case .handshakeFailed: kind = "handshake"
        case .refused(let refusal): return tell(refusal, log: log)
        case .dropped(.rateLimited, _): kind = DropReason.rateLimited.rawValue
        case .connected, .disconnected, .dropped:
            return log.debug("transport", metadata: ["what": "\(event)"])
        }
        if let last = told[kind], now - last < Self.interval { return }
        told[kind] = now
        log.warning("peer_fault", metadata: ["code": "\(kind)", "reason": "\(event)"])
    }

    private mutating func tell(_ refusal: PeerRefusal, log: Logger) {
        guard refusals.count < Self.refusalsTold, refusals.insert(refusal).inserted else { return }
        log.warning(
            "peer_refused",
            metadata: ["code": "\(refusal.reason.name)", "key": "\(refusal.key)", "reason": "\(refusal)"])
    }
}
