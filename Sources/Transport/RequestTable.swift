import Wire

/// Requests that wait for their answer, each with a deadline and a name.
///
/// Owner: an endpoint. Invariant: the completion of each request is called exactly once, with the answer or with the
/// reason why there is none, and after it has left the table.
final class RequestTable {
    typealias Completion = (Result<Message, TransportError>) -> Void

    private struct Entry {
        let name: String
        let peer: PeerID?
        let timer: TimerToken
        let completion: Completion
        var isSent: Bool
    }

    private let reactor: Reactor
    private let endpoint: String
    private var entries: [UInt64: Entry] = [:]

    init(reactor: Reactor, endpoint: String) {
        self.reactor = reactor
        self.endpoint = endpoint
    }

    var count: Int { entries.count }

    /// Requests of `peer` that libzmq has taken.
    func sent(to peer: PeerID?) -> [UInt64] { entries.filter { $0.value.isSent && $0.value.peer == peer }.map(\.key) }

    /// Waits for the answer to message `id`. `expired` is called at the deadline, before the completion.
    func begin(
        _ id: UInt64, name: String, to peer: PeerID?, isSent: Bool, deadline: Duration, expired: @escaping () -> Void,
        completion: @escaping Completion
    ) {
        let timer = reactor.schedule(after: deadline, name: name) { [weak self] in
            expired()
            let isSent = self?.entries[id]?.isSent == true
            self?.fail(id) { request, endpoint in
                isSent
                    ? .noReply(request: request, endpoint: endpoint, after: deadline)
                    : .noConnection(request: request, endpoint: endpoint, after: deadline)
            }
        }
        entries[id] = Entry(name: name, peer: peer, timer: timer, completion: completion, isSent: isSent)
    }

    /// libzmq has taken the message: from now on the request depends on its connection.
    func markSent(_ id: UInt64) {
        entries[id]?.isSent = true
    }

    /// Hands an answer to whoever waits for it; returns whether somebody did.
    func complete(_ envelope: Envelope, from peer: PeerID?) -> Bool {
        guard let entry = remove(envelope.inReplyTo, from: peer) else { return false }
        if case .failure(let failure) = envelope.message {
            entry.completion(.failure(.refused(request: entry.name, endpoint: endpoint, failure)))
        } else {
            entry.completion(.success(envelope.message))
        }
        return true
    }

    /// Ends the request that a malformed message answers; returns whether there was one.
    func complete(_ id: UInt64, from peer: PeerID?, malformed error: WireError) -> Bool {
        guard let entry = remove(id, from: peer) else { return false }
        entry.completion(.failure(.malformedReply(request: entry.name, endpoint: endpoint, error)))
        return true
    }

    /// Ends a request without an answer, if it still waits.
    func fail(_ id: UInt64, _ error: (_ request: String, _ endpoint: String) -> TransportError) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        reactor.cancel(entry.timer)
        entry.completion(.failure(error(entry.name, endpoint)))
    }

    /// Ends all requests without an answer, in the order in which they were made.
    func failAll(_ error: (_ request: String, _ endpoint: String) -> TransportError) {
        for id in entries.keys.sorted() { fail(id, error) }
    }

    /// Another peer's answer is not taken for an answer.
    private func remove(_ id: UInt64, from peer: PeerID?) -> Entry? {
        guard let entry = entries[id], entry.peer == peer else { return nil }
        entries.removeValue(forKey: id)
        reactor.cancel(entry.timer)
        return entry
    }
}
