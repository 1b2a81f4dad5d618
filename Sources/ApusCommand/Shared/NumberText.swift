import Foundation

/// Numbers for people.
enum NumberText {
    /// A fixed count of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", value) }

    /// 12,345: whole, in groups of three digits.
    static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.append(String(digits.suffix(3)))
            digits.removeLast(3)
        }
        return (value < 0 ? "-" : "") + ([digits] + groups.reversed()).joined(separator: ",")
    }

    /// A rate: one decimal below 100, whole and grouped from there on.
    static func rate(_ perSecond: Double) -> String {
        guard perSecond.isFinite else { return "–" }
        return perSecond < 100 ? fixed(perSecond, 1) : grouped(Int(perSecond.rounded()))
    }

    static func percent(_ fraction: Double) -> String { fixed(fraction * 100, 1) + " %" }

    /// Bytes in binary units.
    static func bytes(_ count: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return unit == 0 ? "\(count) B" : "\(fixed(value, 1)) \(units[unit])"
    }

    /// "42 s", "4 min 05 s", "1 h 03 min".
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e9 else { return "–" }
        let whole = Int(seconds.rounded())
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
        return String(format: "%d h %02d min", whole / 3600, whole / 60 % 60)
    }
}
