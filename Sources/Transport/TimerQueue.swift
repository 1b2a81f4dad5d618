import HeapModule

/// A timer that was set, to cancel it by.
package struct TimerToken: Sendable, Hashable {
    fileprivate let number: UInt64

    /// Of a timer that was never set.
    static let none = TimerToken(number: 0)
}

/// Timers by the time they are due; those due at the same time keep the order in which they were set.
///
/// A pure state machine. Owner: the reactor. Invariant: each timer is popped once or cancelled, never both.
package struct TimerQueue<Payload> {
    private struct Entry: Comparable {
        let due: ContinuousClock.Instant
        let number: UInt64

        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.number) < (right.due, right.number) }
    }

    private var heap = Heap<Entry>()
    /// Timers that are set. The heap may also hold entries of cancelled ones.
    private var payloads: [UInt64: Payload] = [:]
    private var nextNumber: UInt64 = 0

    /// No timers.
    package init() {}

    /// Timers that are set.
    package var count: Int { payloads.count }

    /// Timers that are set, and cancelled ones that still take room.
    package var storedEntries: Int { heap.count }

    /// When the earliest timer is due.
    package var nextDue: ContinuousClock.Instant? {
        mutating get {
            dropCancelled()
            return heap.min?.due
        }
    }

    /// Sets a timer; `payload` comes back from `popDue`.
    package mutating func schedule(at due: ContinuousClock.Instant, _ payload: Payload) -> TimerToken {
        nextNumber += 1
        heap.insert(Entry(due: due, number: nextNumber))
        payloads[nextNumber] = payload
        return TimerToken(number: nextNumber)
    }

    /// Forgets a timer; returns whether it was still set.
    @discardableResult
    package mutating func cancel(_ token: TimerToken) -> Bool {
        guard payloads.removeValue(forKey: token.number) != nil else { return false }
        // Most deadlines are cancelled long before they are due; without this their entries would pile up.
        if heap.count > 2 * payloads.count + 64 {
            heap = Heap(heap.unordered.filter { payloads[$0.number] != nil })
        }
        return true
    }

    /// Takes out the earliest timer if it is due.
    package mutating func popDue(at now: ContinuousClock.Instant) -> Payload? {
        dropCancelled()
        guard let entry = heap.min, entry.due <= now else { return nil }
        heap.removeMin()
        return payloads.removeValue(forKey: entry.number)
    }

    private mutating func dropCancelled() {
        while let entry = heap.min, payloads[entry.number] == nil { heap.removeMin() }
    }
}
