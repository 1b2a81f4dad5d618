import Transport

/// One timer for one purpose: set again and again, it fires once, at the earliest moment it was set to.
///
/// Owner: an actor; lives on its reactor's thread. Invariant: at most one timer is pending.
final class Alarm {
    private let reactor: Reactor
    private let name: String
    private var pending: (at: ContinuousClock.Instant, token: TimerToken)?
    var onFire: (() -> Void)?

    init(reactor: Reactor, name: String) {
        self.reactor = reactor
        self.name = name
    }

    func set(at instant: ContinuousClock.Instant) {
        if let pending {
            guard instant < pending.at else { return }
            reactor.cancel(pending.token)
        }
        let token = reactor.schedule(after: max(instant - .now, .zero), name: name) { [weak self] in
            self?.pending = nil
            self?.onFire?()
        }
        pending = (instant, token)
    }
}
