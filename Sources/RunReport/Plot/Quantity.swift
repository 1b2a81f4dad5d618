/// What an axis measures: how its numbers are written.
package struct Quantity: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case number
        /// A share of 1, written in per cent.
        case share
        /// Whole numbers only.
        case count
        /// Time since the start of the run, given in seconds, written in `unit`: s, min or h.
        case time
    }

    package let kind: Kind
    /// Written beside the axis, e.g. "nats"; empty for a pure number.
    package let unit: String

    package init(kind: Kind, unit: String) { (self.kind, self.unit) = (kind, unit) }

    package static let number = Quantity(kind: .number, unit: "")
    package static let share = Quantity(kind: .share, unit: "%")
    package static func number(_ unit: String) -> Quantity { Quantity(kind: .number, unit: unit) }
    package static func count(_ unit: String) -> Quantity { Quantity(kind: .count, unit: unit) }

    /// Time up to `seconds`, in the unit that suits it.
    package static func time(upTo seconds: Double) -> Quantity {
        Quantity(kind: .time, unit: seconds < 300 ? "s" : seconds < 3 * 3600 ? "min" : "h")
    }

    /// What 1 of the written numbers is.
    package var factor: Double {
        switch (kind, unit) {
        case (.share, _): 0.01
        case (.time, "min"): 60
        case (.time, "h"): 3600
        default: 1
        }
    }

    /// A value with its unit.
    package func text(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let number = NumberFormat.short(value / factor)
        return unit.isEmpty ? number : "\(number) \(unit)"
    }
}
