/// What a pattern says, before it is made a program.
indirect enum PatternSyntax: Equatable {
    case empty
    case one(ScalarSet)
    case sequence([PatternSyntax])
    case choice([PatternSyntax])
    /// `maximum` nil: without bound.
    case repeated(PatternSyntax, minimum: Int, maximum: Int?)
    case assertion(PatternAssertion)
}

/// What must hold between two characters.
enum PatternAssertion: Sendable, Equatable {
    case start
    case end
    case wordBoundary
    case noWordBoundary
}

/// A set of Unicode scalars: ranges, perhaps all but those.
struct ScalarSet: Sendable, Equatable {
    var ranges: [ClosedRange<UInt32>]
    var isInverted = false

    static let digits = ScalarSet(ranges: [0x30...0x39])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let blanks = ScalarSet(ranges: [0x09...0x0D, 0x20...0x20])
    static let notNewline = ScalarSet(ranges: [0x0A...0x0A], isInverted: true)

    static func only(_ scalar: UInt32) -> ScalarSet { ScalarSet(ranges: [scalar...scalar]) }

    func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isInverted }

    /// The ranges of everything that is in none of `ranges`.
    var complement: [ClosedRange<UInt32>] {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return gaps
    }

    /// With the other case of every ASCII letter in it.
    var ignoringCase: ScalarSet {
        var both = ranges
        for range in ranges {
            let upper = range.clamped(to: 0x41...0x5A)
            if range.overlaps(0x41...0x5A) { both.append(upper.lowerBound + 0x20...upper.upperBound + 0x20) }
            let lower = range.clamped(to: 0x61...0x7A)
            if range.overlaps(0x61...0x7A) { both.append(lower.lowerBound - 0x20...lower.upperBound - 0x20) }
        }
        return ScalarSet(ranges: both, isInverted: isInverted)
    }
}

/// Why a pattern cannot be used.
enum PatternFailure: Error, Equatable {
    /// It is not a pattern; the offset counts Unicode scalars.
    case malformed(reason: String, offset: Int)
    /// It asks for what a matcher in linear time cannot do (back references, look-around) or for too much.
    case unsupported(reason: String)
}
