package import Wire

/// The requests a verifier has taken on: a bounded queue in order of arrival.
///
/// Role: decides what is judged next and what is turned away; pure. Owner: the verifier actor.
/// Invariant: never more than the limits in items and bytes; every request taken on is handed out once, as work or as too
/// late. A request turned away is answered unknown(overload), a late one unknown(timeout): neither becomes a wrong answer.
package struct VerificationIntake<Peer: Sendable & Hashable>: Sendable {
    package struct Limits: Sendable {
        package let items: Int
        package let bytes: Int

        package init(items: Int, bytes: Int) {
            self.items = items
            self.bytes = bytes
        }
    }

    /// A request, who asked, and when its answer becomes worthless.
    package struct Ticket: Sendable {
        package let peer: Peer
        /// `messageID` of the request, which the answer names.
        package let messageID: UInt64
        package let request: VerifyRequest
        package let arrival: ContinuousClock.Instant

        package init(peer: Peer, messageID: UInt64, request: VerifyRequest, arrival: ContinuousClock.Instant) {
            self.peer = peer
            self.messageID = messageID
            self.request = request
            self.arrival = arrival
        }

        var deadline: ContinuousClock.Instant {
            arrival + .milliseconds(Int64(clamping: request.deadlineMilliseconds))
        }

        var byteCount: Int {
            request.payload.count + request.prompt.utf8.count + request.response.utf8.count
        }
    }

    /// What to do next.
    package enum Next: Sendable {
        case judge(Ticket)
        /// Its deadline passed in the queue: answer unknown(timeout).
        case late(Ticket)
        case idle
    }

    private let limits: Limits
    private var queue: [Ticket] = []
    private var head = 0
    private var byteCount = 0

    package init(limits: Limits) {
        self.limits = limits
    }

    package var count: Int { queue.count - head }

    /// How long the oldest request has waited.
    package func age(now: ContinuousClock.Instant) -> Duration {
        count == 0 ? .zero : now - queue[head].arrival
    }

    /// Takes a request on; false when there is no room for it.
    package mutating func offer(_ ticket: Ticket) -> Bool {
        guard count < limits.items, byteCount + ticket.byteCount <= limits.bytes else { return false }
        queue.append(ticket)
        byteCount += ticket.byteCount
        return true
    }

    package mutating func next(now: ContinuousClock.Instant) -> Next {
        guard count > 0 else { return .idle }
        let ticket = queue[head]
        head += 1
        byteCount -= ticket.byteCount
        if head > 1_024, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        return ticket.deadline <= now ? .late(ticket) : .judge(ticket)
    }
}
