/// Unicode normalisation form C (UAX #15) by Unicode 9, as the reference (the Rust `tokenizers`) computes it: characters that
/// are younger neither combine nor reorder.
///
/// By hand because Foundation's on Linux does not compose a Hangul syllable with a final consonant and misorders marks that
/// decompose.
struct CanonicalComposition: Sendable {
    private struct Pair: Hashable {
        let first: UnicodeScalar
        let second: UnicodeScalar
    }

    private let decompositions: [UnicodeScalar: [UnicodeScalar]]
    private let compositions: [Pair: UnicodeScalar]

    static let shared = CanonicalComposition()

    private init() {
        func scalar(_ text: some StringProtocol) -> UnicodeScalar {
            guard let value = UInt32(text, radix: 16), let scalar = UnicodeScalar(value) else {
                preconditionFailure("the table is made of scalars, not \(text)")
            }
            return scalar
        }
        var decompositions: [UnicodeScalar: [UnicodeScalar]] = [:]
        var compositions: [Pair: UnicodeScalar] = [:]
        for entry in Self.table.split(separator: " ") {
            guard let sign = entry.firstIndex(where: { $0 == "=" || $0 == "-" }) else { continue }
            let whole = scalar(entry[..<sign])
            let parts = entry[entry.index(after: sign)...].split(separator: "+").map { scalar($0) }
            decompositions[whole] = parts
            if entry[sign] == "=" { compositions[Pair(first: parts[0], second: parts[1])] = whole }
        }
        self.decompositions = decompositions
        self.compositions = compositions
    }

    func normalize(_ text: String) -> String {
        var output = String.UnicodeScalarView()
        // An inert character and what follows it up to the next one, which nothing before it can change.
        var segment: [UnicodeScalar] = []
        for scalar in text.unicodeScalars {
            if Self.isInert(scalar) {
                append(segment, to: &output)
                segment.removeAll(keepingCapacity: true)
            }
            segment.append(scalar)
        }
        append(segment, to: &output)
        return String(output)
    }

    private func append(_ segment: [UnicodeScalar], to output: inout String.UnicodeScalarView) {
        if segment.count == 1, Self.isInert(segment[0]) {
            output.append(segment[0])
        } else {
            output.append(contentsOf: compose(reorder(segment.flatMap { decompose($0) })))
        }
    }

    /// Whether the character is of a block, as nearly all are in practice, whose members do not decompose, are no combining
    /// marks, and compose with nothing before them.
    static func isInert(_ scalar: UnicodeScalar) -> Bool {
        switch scalar.value {
        case 0..<0x300: true  // ASCII, Latin
        case 0x400..<0x483, 0x48A..<0x530: true  // Cyrillic
        case 0x2010..<0x2028: true  // dashes, quotation marks
        case 0x3001..<0x302A, 0x3041..<0x3097, 0x30A1..<0x30FF: true  // CJK punctuation, kana
        case 0x4E00..<0xA000, 0xAC00..<0xD7A4: true  // Han, Hangul syllables
        case 0xFF01..<0xFF61: true  // full-width forms
        case 0x1F300..<0x1FA00: true  // emoji
        default: false
        }
    }
}

// MARK: - The three steps

extension CanonicalComposition {
    private func decompose(_ scalar: UnicodeScalar) -> [UnicodeScalar] {
        if let parts = Hangul.decompose(scalar) { return parts }
        guard let parts = decompositions[scalar] else { return [scalar] }
        return parts.flatMap { decompose($0) }
    }

    private func combiningClass(_ scalar: UnicodeScalar) -> UInt8 {
        let properties = scalar.properties
        guard let age = properties.age, age.major <= 9 else { return 0 }
        return properties.canonicalCombiningClass.rawValue
    }

    /// Sorts each run of marks by combining class, keeping the order of equal ones.
    private func reorder(_ scalars: [UnicodeScalar]) -> [(scalar: UnicodeScalar, combiningClass: UInt8)] {
        var result: [(scalar: UnicodeScalar, combiningClass: UInt8)] = []
        var runStart = 0
        func sortRun() {
            // Stable, and near linear for the short runs of real text; long runs are sorted in n log n.
            let sorted = result[runStart...].enumerated()
                .sorted { ($0.element.combiningClass, $0.offset) < ($1.element.combiningClass, $1.offset) }
            result.replaceSubrange(runStart..., with: sorted.map(\.element))
        }
        for scalar in scalars {
            let combiningClass = combiningClass(scalar)
            if combiningClass == 0 {
                sortRun()
                runStart = result.count + 1
            }
            result.append((scalar, combiningClass))
        }
        sortRun()
        return result
    }

    /// Joins each character with the last starter before it where a composite exists and no mark in between blocks it.
    private func compose(_ scalars: [(scalar: UnicodeScalar, combiningClass: UInt8)]) -> [UnicodeScalar] {
        var output: [UnicodeScalar] = []
        var starter: Int?
        var lastClass: UInt8 = 0
        for (scalar, combiningClass) in scalars {
            let isAdjacent = starter == output.count - 1
            if let starter, isAdjacent || lastClass < combiningClass,
                let composite = composite(output[starter], scalar)
            {
                output[starter] = composite
                continue
            }
            if combiningClass == 0 { starter = output.count }
            lastClass = combiningClass
            output.append(scalar)
        }
        return output
    }

    private func composite(_ first: UnicodeScalar, _ second: UnicodeScalar) -> UnicodeScalar? {
        Hangul.compose(first, second) ?? compositions[Pair(first: first, second: second)]
    }
}

/// Hangul syllables decompose and compose by arithmetic (Unicode, section 3.12).
private enum Hangul {
    private static let syllables: UInt32 = 0xAC00
    private static let leading: UInt32 = 0x1100
    private static let vowels: UInt32 = 0x1161
    private static let trailing: UInt32 = 0x11A7
    private static let (leadingCount, vowelCount, trailingCount): (UInt32, UInt32, UInt32) = (19, 21, 28)

    static func decompose(_ scalar: UnicodeScalar) -> [UnicodeScalar]? {
        guard scalar.value >= syllables, scalar.value < syllables + leadingCount * vowelCount * trailingCount else {
            return nil
        }
        let index = scalar.value - syllables
        let parts = [
            leading + index / (vowelCount * trailingCount), vowels + index / trailingCount % vowelCount,
            trailing + index % trailingCount,
        ]
        return parts.filter { $0 != trailing }.compactMap { UnicodeScalar($0) }
    }

    static func compose(_ first: UnicodeScalar, _ second: UnicodeScalar) -> UnicodeScalar? {
        let (first, second) = (first.value, second.value)
        if first >= leading, first < leading + leadingCount, second >= vowels, second < vowels + vowelCount {
            return UnicodeScalar(syllables + ((first - leading) * vowelCount + second - vowels) * trailingCount)
        }
        let isOpenSyllable =
            first >= syllables && first < syllables + leadingCount * vowelCount * trailingCount
            && (first - syllables) % trailingCount == 0
        if isOpenSyllable, second > trailing, second < trailing + trailingCount {
            return UnicodeScalar(first + second - trailing)
        }
        return nil
    }
}
