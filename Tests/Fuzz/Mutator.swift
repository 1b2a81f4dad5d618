import TestSupport

/// Damages inputs. A function of seed and corpus, and of what was kept.
struct Mutator {
    private static let largestInput = 1 << 16
    private static let keptInputs = 512
    /// Numbers at which parsers go wrong: ends of ranges, signs, powers of two.
    private static let numbers: [UInt64] = [
        0, 1, 2, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 1 << 31 - 1, 1 << 31, 1 << 32 - 1, 1 << 32,
        1 << 62, 1 << 63 - 1, 1 << 63, .max, .max - 7,
    ]
    private static let texts = [
        "\"", "\\", "{", "}", "[", "]", "{\"", "\\u0000", "\\ud800", "-", "1e999", "null", "true", ": ", "\n", "\0",
        "\u{FFFD}", "\\frac{", "\\boxed{", "^{", "_", "((((((((((((((((", "[[[[[[[[[[[[[[[[", "9999999999999999999999",
        "&a [*a,*a]", "---\n", "<<: ", "\t", "\u{202E}", "\u{0301}", "🏴‍☠️",
    ].map { Array($0.utf8) }

    private var random: SplitMix64
    private let corpus: [[UInt8]]
    private var kept: [[UInt8]] = []

    init(seed: UInt64, corpus: [[UInt8]]) {
        random = SplitMix64(seed: seed)
        self.corpus = corpus
    }

    /// Takes an input up that showed something.
    mutating func keep(_ input: [UInt8]) {
        if kept.count < Self.keptInputs { kept.append(input) } else { kept[below(kept.count)] = input }
    }

    /// The next damaged input.
    mutating func next() -> [UInt8] {
        var input = pick()
        for _ in 0...below(4) { damage(&input) }
        if input.count > Self.largestInput { input.removeLast(input.count - Self.largestInput) }
        return input
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }

    private mutating func pick() -> [UInt8] {
        kept.isEmpty || below(2) == 0 ? corpus[below(corpus.count)] : kept[below(kept.count)]
    }

    private mutating func damage(_ input: inout [UInt8]) {
        let position = below(input.count + 1)
        switch below(9) {
        case 0 where position < input.count: input[position] ^= 1 << UInt8(below(8))
        case 1 where position < input.count: input[position] = UInt8(below(256))
        case 2: input.removeSubrange(position..<min(input.count, position + 1 + below(16)))
        case 3: input.insert(contentsOf: Self.texts[below(Self.texts.count)], at: position)
        case 4: overwrite(&input, at: position)
        case 5:
            let piece = input[position..<min(input.count, position + 1 + below(64))]
            input.insert(contentsOf: piece, at: below(input.count + 1))
        case 6:
            let other = pick()
            let start = below(other.count + 1)
            input.replaceSubrange(position..., with: other[start...])
        case 7: input.removeLast(input.count - position)
        default:
            let digits = input.indices.filter { (48...57).contains(input[$0]) }
            guard !digits.isEmpty else { return input.insert(UInt8(below(256)), at: position) }
            let digit = digits[below(digits.count)]
            input.replaceSubrange(digit...digit, with: Array(String(Self.numbers[below(Self.numbers.count)]).utf8))
        }
    }

    /// Writes a number of 1, 2, 4 or 8 bytes, least byte first.
    private mutating func overwrite(_ input: inout [UInt8], at position: Int) {
        let number = Self.numbers[below(Self.numbers.count)]
        for byte in 0..<(1 << below(4)) where position + byte < input.count {
            input[position + byte] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(byte)))
        }
    }
}
