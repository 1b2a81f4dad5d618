/// How the output of a program is compared with what it should be.
package enum OutputComparison: Sendable, Equatable {
    /// Byte for byte.
    case exact
    /// Line by line; white space at the ends of lines and empty lines at the end don't count.
    case lines
    /// By what stands between white space; where both are numbers, they may differ by `tolerance`, absolutely or relative to
    /// the expected one.
    case tokens(tolerance: Double)

    package func matches(_ output: [UInt8], _ expected: String) -> Bool {
        switch self {
        case .exact: return output.elementsEqual(expected.utf8)
        case .lines: return Self.lines(output) == Self.lines(Array(expected.utf8))
        case .tokens(let tolerance):
            let words = Self.words(output)
            let wanted = Self.words(Array(expected.utf8))
            return words.count == wanted.count
                && zip(words, wanted).allSatisfy { Self.isSame($0, $1, tolerance: tolerance) }
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.prefix((line.lastIndex { !isBlank($0) } ?? line.startIndex - 1) + 1 - line.startIndex)
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private static func words(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] { bytes.split(whereSeparator: isBlank) }

    private static func isSame(_ word: ArraySlice<UInt8>, _ wanted: ArraySlice<UInt8>, tolerance: Double) -> Bool {
        if word == wanted { return true }
        guard tolerance > 0, word.count <= 64, wanted.count <= 64,
            let number = Double(String(decoding: word, as: UTF8.self)),
            let target = Double(String(decoding: wanted, as: UTF8.self)), number.isFinite, target.isFinite
        else { return false }
        return abs(number - target) <= tolerance * max(1, abs(target))
    }
}
