/// The last `capacity` distinct values inserted: a bounded memory of what was already seen.
struct RecentSet: Sendable {
    private let capacity: Int
    private var members: Set<UInt64> = []
    private var order: [UInt64] = []
    private var oldest = 0

    init(capacity: Int) {
        precondition(capacity > 0, "a bounded set needs room for at least one value")
        self.capacity = capacity
    }

    func contains(_ value: UInt64) -> Bool { members.contains(value) }

    mutating func insert(_ value: UInt64) {
        guard members.insert(value).inserted else { return }
        if order.count < capacity {
            order.append(value)
        } else {
            members.remove(order[oldest])
            order[oldest] = value
            oldest = (oldest + 1) % capacity
        }
    }
}
