import Foundation
package import Telemetry

/// The numbers of a run's steps, column by column.
///
/// A column's name is the field's name in docs/logs.md; members of an object follow after a slash: "dropped/over_age",
/// "by_staleness/2/ratio_mean". Invariant: every column is as long as `steps`; a value that a step does not have is NaN.
package struct StepTable: Sendable {
    /// Numbers of the steps, ascending.
    package private(set) var steps: [Int] = []
    /// When each ended, in milliseconds since 1970 (UTC).
    package private(set) var times: [Int64] = []
    private var columns: [String: [Double]] = [:]

    package init() {}

    package var isEmpty: Bool { steps.isEmpty }

    /// Adds a step, in place of those that have its number or a later one: after a crash steps are done again.
    package mutating func append(step: Int, time: Int64, fields: [String: LogValue]) {
        while let last = steps.last, last >= step {
            steps.removeLast()
            times.removeLast()
            for key in columns.keys { columns[key]?.removeLast() }
        }
        for key in columns.keys { columns[key]?.append(.nan) }
        steps.append(step)
        times.append(time)
        for (key, value) in fields { store(value, key) }
    }

    private mutating func store(_ value: LogValue, _ key: String) {
        if let members = value.asObject {
            // A slash within a name would divide it: it becomes U+2215, which looks the same.
            for (name, member) in members { store(member, "\(key)/\(name.replacing("/", with: "\u{2215}"))") }
        } else if let number = value.asDouble ?? value.asBoolean.map({ $0 ? 1 : 0 }) {
            columns[key, default: Array(repeating: .nan, count: steps.count)][steps.count - 1] = number
        }
    }

    /// A column; NaN throughout if no step has it.
    package subscript(_ name: String) -> [Double] {
        columns[name] ?? Array(repeating: .nan, count: steps.count)
    }

    /// Whether any step has a finite value.
    package func has(_ name: String) -> Bool { columns[name]?.contains(where: \.isFinite) ?? false }

    /// Members that an object has in any step, sorted.
    package func members(of name: String) -> [String] {
        let prefix = name + "/"
        let names = columns.keys.filter { $0.hasPrefix(prefix) }.compactMap {
            $0.dropFirst(prefix.count).split(separator: "/", maxSplits: 1).first.map(String.init)
        }
        return Set(names).sorted()
    }

    /// The last finite value of a column.
    package func last(_ name: String) -> Double? { columns[name]?.last(where: \.isFinite) }

    /// Sum of a column's finite values.
    package func sum(_ name: String) -> Double {
        columns[name]?.reduce(0) { $1.isFinite ? $0 + $1 : $0 } ?? 0
    }

    /// What a counter counted over all steps; where it falls it has begun anew, with another life of the learner.
    package func increase(_ name: String) -> Double {
        var (total, before) = (0.0, 0.0)
        for value in columns[name] ?? [] where value.isFinite {
            total += value < before ? value : value - before
            before = value
        }
        return total
    }

    /// Mean over the first or last tenth of the steps, at least 3 of them; NaN without any value.
    package func mean(_ name: String, atEnd: Bool) -> Double {
        let column = self[name]
        let count = min(column.count, max(3, column.count / 10))
        return Curve.mean(atEnd ? column.suffix(count) : column.prefix(count))
    }

    /// Mean of the finite values of `name`, weighted by those of `weight`; NaN without any.
    package func mean(_ name: String, weightedBy weight: String) -> Double {
        var (sum, total) = (0.0, 0.0)
        for (value, share) in zip(self[name], self[weight]) where value.isFinite && share.isFinite {
            sum += value * share
            total += share
        }
        return total == 0 ? .nan : sum / total
    }
}
