import Glibc

/// Numbers for people.
enum Format {
    /// Four significant digits: 1234, 12.34, 0.01234, 1.234e-05.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        guard value != 0 else { return "0" }
        let magnitude = abs(value)
        if magnitude >= 1000 && magnitude < 1e15 { return String(Int64(value.rounded())) }
        if magnitude < 1e-4 || magnitude >= 1e15 { return scientific(value) }
        let digits = max(0, 3 - Int(log10(magnitude).rounded(.down)))
        return fixed(value, digits)
    }

    /// A fixed number of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let scale = pow(10, Double(decimals))
        let units = Int64((abs(value) * scale).rounded())
        let (whole, fraction) = units.quotientAndRemainder(dividingBy: Int64(scale))
        let sign = value < 0 && units > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(whole)" }
        let digits = String(fraction)
        return "\(sign)\(whole)." + String(repeating: "0", count: decimals - digits.count) + digits
    }

    static func percent(_ fraction: Double) -> String { fixed(fraction * 100, 1) + " %" }

    private static func scientific(_ value: Double) -> String {
        let exponent = Int(log10(abs(value)).rounded(.down))
        return fixed(value / pow(10, Double(exponent)), 3) + "e\(exponent)"
    }
}
