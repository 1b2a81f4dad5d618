/// The peers of a router, by name and by file descriptor.
///
/// libzmq names a connection by descriptor when it begins or ends, and by routing id (plus descriptor) in each message.
/// Descriptors are used again by later connections, so each belongs to the connection accepted last.
///
/// Owner: a `RouterEndpoint`. Invariant: a descriptor leads to a peer only while the peer is in the table.
final class PeerTable {
    struct Peer {
        let budget: OutboundBudget
        let descriptor: Int32
        /// With which it was let in; nil in clear text.
        let key: PublicKey?
        /// How many messages it may send now.
        var allowance: TokenBucket
    }

    private let limits: TransportLimits
    private let total: OutboundBudget
    private var peers: [PeerID: Peer] = [:]
    private var owners: [Int32: PeerID] = [:]
    private var connectedDescriptors: Set<Int32> = []

    init(limits: TransportLimits) {
        self.limits = limits
        total = OutboundBudget(items: .max, bytes: limits.outboundTotalBytes)
    }

    var count: Int { peers.count }

    subscript(peer: PeerID) -> Peer? { peers[peer] }

    /// Descriptors of all connections whose peer has one of these keys, or has not sent anything yet.
    func descriptors(of keys: Set<PublicKey>) -> [Int32] {
        connectedDescriptors.filter { descriptor in
            guard let key = owners[descriptor].flatMap({ peers[$0]?.key }) else { return true }
            return keys.contains(key)
        }
    }

    /// Counts a message of a peer; false if it sends more than it may.
    func allow(_ peer: PeerID, now: ContinuousClock.Instant) -> Bool { peers[peer]?.allowance.take(now: now) ?? false }

    /// Whether the connection accepted last with this descriptor lives.
    func isConnected(_ descriptor: Int32) -> Bool { connectedDescriptors.contains(descriptor) }

    /// A connection was accepted.
    func connected(_ descriptor: Int32) {
        connectedDescriptors.insert(descriptor)
    }

    /// A connection ended; returns whose it was, if that peer had sent anything. The peer stays until it is removed.
    func disconnected(_ descriptor: Int32) -> PeerID? {
        connectedDescriptors.remove(descriptor)
        return owners.removeValue(forKey: descriptor)
    }

    /// Enters a peer; returns the one which had the descriptor before and must therefore be gone.
    func insert(
        _ peer: PeerID, key: PublicKey?, descriptor: Int32, now: ContinuousClock.Instant
    ) -> PeerID? {
        let budget = OutboundBudget(items: limits.outboundItems, bytes: limits.outboundBytes, total: total)
        let allowance = TokenBucket(rate: limits.peerMessagesPerSecond, burst: limits.peerMessageBurst, now: now)
        peers[peer] = Peer(budget: budget, descriptor: descriptor, key: key, allowance: allowance)
        return owners.updateValue(peer, forKey: descriptor)
    }

    /// Forgets a peer; returns whether it was in the table.
    func remove(_ peer: PeerID) -> Bool {
        guard let entry = peers.removeValue(forKey: peer) else { return false }
        if owners[entry.descriptor] == peer { owners[entry.descriptor] = nil }
        return true
    }
}
