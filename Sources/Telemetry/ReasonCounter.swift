/// Counts by reason, e.g. dropped messages: every loss has a name.
package struct ReasonCounter: Sendable, Equatable {
    package private(set) var counts: [String: Int] = [:]

    package init() {}

    package mutating func add(_ count: Int = 1, reason: String) {
        counts[reason, default: 0] += count
    }

    package var total: Int { counts.values.reduce(0, +) }

    package subscript(_ reason: String) -> Int { counts[reason, default: 0] }
}

extension LogValue {
    package init(_ counter: ReasonCounter) { self = .object(counter.counts.mapValues { LogValue($0) }) }
    package init(_ numbers: [String: Double]) { self = .object(numbers.mapValues { .number($0) }) }
    package init(_ numbers: [String: Int]) { self = .object(numbers.mapValues { LogValue($0) }) }
    /// An absent number is null.
    package init(_ value: Double?) { self = value.map { .number($0) } ?? .null }
}
