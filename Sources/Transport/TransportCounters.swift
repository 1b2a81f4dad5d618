/// Why a message was dropped or refused.
package enum DropReason: String, Sendable, CaseIterable {
    /// Inbound, not what the protocol says; `TransportCounters.malformed` tells why.
    case malformed
    /// Inbound or outbound, more frames or bytes than the limits allow.
    case oversized
    /// Outbound, refused since the peer has too much waiting for it.
    case queueFull = "queue_full"
    /// Outbound, to a peer that is gone.
    case unreachable
    /// Outbound, the connection broke within the message.
    case connectionLost = "connection_lost"
    /// Outbound, a request whose deadline passed while there was no connection.
    case expired
    /// Inbound, from a peer whose key is allowed no more.
    case unauthorised
    /// Inbound, from a peer that sends more often than anybody may.
    case rateLimited = "rate_limited"
    /// Inbound, an answer that nobody waits for (any more).
    case unexpectedReply = "unexpected_reply"
    /// Inbound, nobody handles such messages here.
    case unhandled
}

/// What an endpoint has done since it was made; a snapshot, for logs.
package struct TransportCounters: Sendable, Equatable {
    package var messagesReceived = 0
    package var bytesReceived = 0
    package var messagesSent = 0
    package var bytesSent = 0
    /// Connections whose greeting succeeded.
    package var connections = 0
    /// Connections that ended, successful greeting or not: by either side, by a dead line, by an oversized frame.
    package var disconnections = 0
    /// Connections whose greeting failed: strangers, other protocols, wrong keys.
    package var handshakeFailures = 0
    /// Peers that were not let in, by reason: keys that are not allowed or whose role has no access, clear text, greetings that
    /// failed otherwise. Whoever tries again counts again.
    package var refusedPeers: [String: Int] = [:]
    /// Requests whose deadline passed.
    package var deadlinesPassed = 0
    package var dropped: [DropReason: Int] = [:]
    /// Malformed and oversized messages by `WireError.reason`.
    package var malformed: [String: Int] = [:]

    package init() {}

    mutating func drop(_ reason: DropReason) {
        dropped[reason, default: 0] += 1
    }

    /// `dropped` with its reasons' stable words, for logs.
    package var droppedByName: [String: Int] {
        Dictionary(uniqueKeysWithValues: dropped.map { ($0.key.rawValue, $0.value) })
    }

    /// The sum over several endpoints.
    package static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.messagesReceived += right.messagesReceived
        sum.bytesReceived += right.bytesReceived
        sum.messagesSent += right.messagesSent
        sum.bytesSent += right.bytesSent
        sum.connections += right.connections
        sum.disconnections += right.disconnections
        sum.handshakeFailures += right.handshakeFailures
        sum.refusedPeers.merge(right.refusedPeers, uniquingKeysWith: +)
        sum.deadlinesPassed += right.deadlinesPassed
        sum.dropped.merge(right.dropped, uniquingKeysWith: +)
        sum.malformed.merge(right.malformed, uniquingKeysWith: +)
        return sum
    }
}
