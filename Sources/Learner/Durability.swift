/// What waits for the journal to be on disk: answers, and a step before its version may be published.
///
/// Role: the learner's account of how far the journal is; pure but for the continuations it keeps. Owner: the learner actor.
/// Invariant: answers leave in the order in which they came, none before its place in the journal is durable.
struct Durability<Answer: Sendable> {
    /// Place of the last record that was appended.
    var appended: UInt64 = 0
    /// Everything up to this place survives a crash.
    private(set) var durable: UInt64 = 0
    /// Why the journal cannot be written now; nil while it can.
    private(set) var blockage: (reason: String, since: ContinuousClock.Instant)?
    private var held: [(place: UInt64, answer: Answer)] = []
    private var waiters: [(place: UInt64, continuation: CheckedContinuation<Void, Never>)] = []

    /// Keeps an answer until everything appended by now is durable.
    mutating func hold(_ answer: Answer) { held.append((appended, answer)) }

    /// Answers whose time has come.
    mutating func takeReady() -> [Answer] {
        let ready = held.prefix { $0.place <= durable }
        held.removeFirst(ready.count)
        return ready.map(\.answer)
    }

    /// The journal cannot be written; how long ago that began stays known until it can.
    mutating func block(_ reason: String, now: ContinuousClock.Instant) {
        blockage = (reason, blockage?.since ?? now)
    }

    mutating func wait(for place: UInt64, _ continuation: CheckedContinuation<Void, Never>) {
        waiters.append((place, continuation))
    }

    /// The journal is on disk up to `place`. Returns those who waited for that.
    mutating func advance(to place: UInt64) -> [CheckedContinuation<Void, Never>] {
        durable = max(durable, place)
        blockage = nil
        let ready = waiters.filter { $0.place <= durable }
        waiters.removeAll { $0.place <= durable }
        return ready.map(\.continuation)
    }
}
