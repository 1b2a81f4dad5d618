import Execution

/// How much may be on its way to a peer, in messages and bytes.
///
/// Owner: the endpoint; shared with libzmq's threads, which give back what they have handed to the kernel.
/// Invariant: what is charged is at most the limit, and each charge is given back exactly once, when its message is
/// written or dropped. So the bound covers libzmq's queue too, of which libzmq itself counts messages only.
final class OutboundBudget: Sendable {
    struct Usage: Sendable {
        var items = 0
        var bytes = 0
    }

    private let limit: Usage
    /// The budget of all peers together, charged as well.
    private let total: OutboundBudget?
    private let state = Lock(Usage())

    init(items: Int, bytes: Int, total: OutboundBudget? = nil) {
        limit = Usage(items: items, bytes: bytes)
        self.total = total
    }

    /// What is on its way now.
    var usage: Usage { state.withLock { $0 } }

    /// Charges one message; nil, and nothing charged, when it does not fit.
    func charge(bytes: Int) -> OutboundCharge? {
        guard reserve(bytes) else { return nil }
        guard let total else { return OutboundCharge(budget: self, bytes: bytes) }
        guard total.reserve(bytes) else {
            release(bytes)
            return nil
        }
        return OutboundCharge(budget: self, bytes: bytes)
    }

    private func reserve(_ bytes: Int) -> Bool {
        state.withLock { usage in
            guard usage.items < limit.items, usage.bytes + bytes <= limit.bytes else { return false }
            usage.items += 1
            usage.bytes += bytes
            return true
        }
    }

    private func release(_ bytes: Int) {
        state.withLock { usage in
            usage.items -= 1
            usage.bytes -= bytes
        }
    }

    fileprivate func giveBack(_ bytes: Int) {
        release(bytes)
        total?.release(bytes)
    }
}

/// One message's share of a budget, given back when the last frame that holds it is gone.
final class OutboundCharge: Sendable {
    private let budget: OutboundBudget
    let bytes: Int

    fileprivate init(budget: OutboundBudget, bytes: Int) {
        self.budget = budget
        self.bytes = bytes
    }

    deinit {
        budget.giveBack(bytes)
    }
}
