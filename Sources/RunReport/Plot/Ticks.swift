import Foundation

/// Round numbers along an axis: 1, 2 or 5 times a power of ten.
package enum Ticks {
    /// Ascending values within `domain`, about `count` of them.
    package static func values(
        _ domain: ClosedRange<Double>, _ kind: Scale.Kind = .linear, count: Int = 5, isWhole: Bool = false
    ) -> [Double] {
        switch kind {
        case .linear: linear(domain, step: step(domain, count: count, isWhole: isWhole))
        case .logarithmic: logarithmic(domain, count: count)
        }
    }

    /// The domain, widened outwards to round numbers.
    static func rounded(_ domain: ClosedRange<Double>, _ kind: Scale.Kind) -> ClosedRange<Double> {
        guard kind == .linear else {
            let low = pow(10, log10(domain.lowerBound).rounded(.down))
            let high = pow(10, log10(domain.upperBound).rounded(.up))
            // For a decade or so whole decades would waste the room.
            guard domain.upperBound / domain.lowerBound > 20 else {
                return domain.lowerBound / 1.1...domain.upperBound * 1.1
            }
            return low...high
        }
        let step = step(domain, count: 5, isWhole: false)
        return (domain.lowerBound / step + 1e-9).rounded(.down) * step...(domain.upperBound / step - 1e-9).rounded(.up)
            * step
    }

    private static func step(_ domain: ClosedRange<Double>, count: Int, isWhole: Bool) -> Double {
        let raw = (domain.upperBound - domain.lowerBound) / Double(max(count, 1))
        guard raw > 0, raw.isFinite else { return 1 }
        let power = pow(10, log10(raw).rounded(.down))
        let multiple = raw / power
        let step = (multiple < 1.5 ? 1 : multiple < 3 ? 2 : multiple < 7 ? 5 : 10) * power
        return isWhole ? max(1, step) : step
    }

    private static func linear(_ domain: ClosedRange<Double>, step: Double) -> [Double] {
        let first = (domain.lowerBound / step - 1e-9).rounded(.up)
        let last = (domain.upperBound / step + 1e-9).rounded(.down)
        guard first <= last, last - first < 1_000 else { return [] }
        // Adding 0 turns −0 into 0.
        return (0...Int(last - first)).map { (first + Double($0)) * step + 0 }
    }

    private static func logarithmic(_ domain: ClosedRange<Double>, count: Int) -> [Double] {
        // Within a decade the numbers of a linear axis are the round ones.
        guard domain.upperBound / domain.lowerBound > 10 else {
            return linear(domain, step: step(domain, count: count, isWhole: false))
        }
        let first = Int(log10(domain.lowerBound).rounded(.down))
        let last = Int(log10(domain.upperBound).rounded(.up))
        let multiples: [Double] = last - first <= 2 ? [1, 2, 5] : last - first == 3 ? [1, 3] : [1]
        let stride = multiples.count == 1 ? max(1, (last - first) / max(1, count)) : 1
        let ticks = Swift.stride(from: first, through: last, by: stride).flatMap { decade in
            multiples.map { $0 * pow(10, Double(decade)) }
        }
        return ticks.filter { $0 >= domain.lowerBound * (1 - 1e-9) && $0 <= domain.upperBound * (1 + 1e-9) }
    }
}
