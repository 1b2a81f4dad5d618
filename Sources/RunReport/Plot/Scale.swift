import Foundation

/// Maps values onto places along an axis.
package struct Scale: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case linear
        /// Decimal logarithm; what is not above 0 has no place.
        case logarithmic
    }

    package let kind: Kind
    /// Values at the two ends; never equal, and positive on a logarithmic scale.
    package let domain: ClosedRange<Double>
    /// Places of these ends, in pixels; the first may be the larger, as on a y axis.
    package let range: (start: Double, end: Double)

    /// - Parameters:
    ///   - values: what must have a place; numbers that are not finite have none.
    ///   - includesZero: whether 0 must be on the axis; no effect on a logarithmic one.
    ///   - isPadded: whether the domain is widened to the next ticks.
    package init(
        _ kind: Kind, fitting values: some Sequence<Double>, includesZero: Bool = false, isPadded: Bool = true,
        range: (start: Double, end: Double)
    ) {
        var bounds: ClosedRange<Double>?
        for value in values where value.isFinite && (kind == .linear || value > 0) {
            bounds = min(bounds?.lowerBound ?? value, value)...max(bounds?.upperBound ?? value, value)
        }
        var domain = bounds ?? (kind == .linear ? 0...1 : 0.1...1)
        if includesZero, kind == .linear { domain = min(0, domain.lowerBound)...max(0, domain.upperBound) }
        domain = Self.widened(domain, kind)
        self.init(kind, domain: isPadded ? Ticks.rounded(domain, kind) : domain, range: range)
    }

    package init(_ kind: Kind, domain: ClosedRange<Double>, range: (start: Double, end: Double)) {
        self.kind = kind
        self.domain = domain
        self.range = range
    }

    /// A domain of one value has no extent: it becomes one around the value.
    private static func widened(_ domain: ClosedRange<Double>, _ kind: Kind) -> ClosedRange<Double> {
        let (low, high) = (domain.lowerBound, domain.upperBound)
        // Less than rounding can tell apart is no extent either.
        guard high - low <= max(abs(low), abs(high)) * 1e-9 else { return domain }
        if kind == .logarithmic { return low / 2...high * 2 }
        let extent = low == 0 ? 1 : abs(low) * 0.1
        return low == 0 ? 0...1 : low - extent...high + extent
    }

    /// The place of a value; nil if it has none.
    package func place(_ value: Double) -> Double? {
        guard value.isFinite else { return nil }
        var share: Double
        switch kind {
        case .linear: share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        case .logarithmic:
            guard value > 0 else { return nil }
            share = log(value / domain.lowerBound) / log(domain.upperBound / domain.lowerBound)
        }
        share = min(max(share, 0), 1)
        return range.start + share * (range.end - range.start)
    }

    package static func == (left: Scale, right: Scale) -> Bool {
        left.kind == right.kind && left.domain == right.domain && left.range == right.range
    }
}
