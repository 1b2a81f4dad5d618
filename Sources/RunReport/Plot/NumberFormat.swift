import Foundation

/// Numbers as the page writes them.
package enum NumberFormat {
    /// A place in a drawing: one decimal, without ".0".
    package static func coordinate(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        guard tenths.isFinite, abs(tenths) < 1e15 else { return "0" }
        let whole = Int64(tenths)
        let sign = whole < 0 ? "-" : ""
        let (quotient, rest) = whole.magnitude.quotientAndRemainder(dividingBy: 10)
        return rest == 0 ? "\(sign)\(quotient)" : "\(sign)\(quotient).\(rest)"
    }

    /// For machines: so many significant digits.
    package static func significant(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)g", value) }

    /// For people: three significant digits, thousands as k, M, G, very small numbers as 2.5e−4, a true minus sign.
    package static func short(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        let magnitude = abs(value)
        let text: String
        switch magnitude {
        case 0: text = "0"
        case ..<1e-3: text = exponential(magnitude)
        case ..<9_999.5: text = trimmed(magnitude, significant: magnitude < 1_000 ? 3 : 4)
        case ..<1e6: text = trimmed(magnitude / 1e3, significant: 3) + "k"
        case ..<1e9: text = trimmed(magnitude / 1e6, significant: 3) + "M"
        case ..<1e12: text = trimmed(magnitude / 1e9, significant: 3) + "G"
        default: text = exponential(magnitude)
        }
        return value < 0 ? "−" + text : text
    }

    /// Labels of ticks: all with as many decimals as tell them apart.
    package static func labels(_ ticks: [Double]) -> [String] {
        let largest = ticks.map(abs).max() ?? 0
        let steps = zip(ticks, ticks.dropFirst()).map { abs($1 - $0) }
        guard let step = steps.min(), step > 0, largest < 9_999.5, largest >= 1e-3 else { return ticks.map(short) }
        let isEven = (steps.max() ?? step) < step * 1.01
        // Uneven ticks are those of a logarithmic axis, far apart from each other.
        guard isEven else { return ticks.map(short) }
        let decimals = min(9, max(0, Int((-log10(step) - 1e-9).rounded(.up))))
        return ticks.map { tick in
            let text = String(format: "%.\(decimals)f", abs(tick))
            return tick < 0 ? "−" + text : text
        }
    }

    package static func percent(_ share: Double) -> String { share.isFinite ? short(share * 100) + " %" : "–" }

    /// "42 s", "4 min 05 s", "1 h 03 min".
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
        return String(format: "%d h %02d min", whole / 3600, whole / 60 % 60)
    }

    private static func exponential(_ magnitude: Double) -> String {
        let parts = String(format: "%.1e", magnitude).split(separator: "e")
        let mantissa = parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0]
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return "\(mantissa)e\(exponent < 0 ? "−" : "")\(abs(exponent))"
    }

    /// So many significant digits without trailing zeros, never with an exponent.
    private static func trimmed(_ magnitude: Double, significant digits: Int) -> String {
        let decimals = max(0, digits - 1 - Int(log10(max(magnitude, 1e-12)).rounded(.down)))
        var text = String(format: "%.\(decimals)f", magnitude)
        guard text.contains(".") else { return text }
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}
