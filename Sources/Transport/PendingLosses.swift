/// Connections that ended, kept until all that arrived through them has been handled.
///
/// libzmq tells of an end on one queue and delivers messages on another. What was received before the end should be seen
/// before it: a worker's last group, for one, before the loss of the worker. Under constant load the other queue may never
/// be empty; then a second is enough.
struct PendingLosses<Loss> {
    private var losses: [(loss: Loss, seen: ContinuousClock.Instant)] = []
    private let patience = Duration.seconds(1)

    mutating func add(_ loss: Loss) {
        losses.append((loss, .now))
    }

    /// Takes out the losses that may be told now; `isDrained` says that no message is left to be handled first.
    mutating func due(isDrained: Bool) -> [Loss] {
        guard !losses.isEmpty else { return [] }
        let limit = isDrained ? ContinuousClock.now : .now - patience
        let due = losses.prefix { $0.seen <= limit }
        losses.removeFirst(due.count)
        return due.map(\.loss)
    }
}
