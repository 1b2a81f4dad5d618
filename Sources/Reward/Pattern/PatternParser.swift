/// Reads a regular expression.
///
///     choice   = sequence { "|" sequence }
///     sequence = { atom [ "*" | "+" | "?" | "{m}" | "{m,}" | "{m,n}" ] [ "?" ] }
///     atom     = "." | "^" | "$" | "(" choice ")" | "(?:" choice ")" | "[" class "]" | "\" escape | any other character
///
/// Escapes: \d \D \w \W \s \S (ASCII), \b \B, \n \r \t \f \v, \xHH, \uHHHH, and any punctuation for itself. A "?" behind a
/// repetition is read and changes nothing, since only whether a text matches is asked. Back references and look-around are
/// unsupported: they cannot be matched in linear time.
struct PatternParser {
    static let maximumScalars = 2048
    static let maximumRepetition = 1000
    private static let maximumDepth = 64

    private let pattern: [UInt32]
    private var position = 0
    private var depth = 0

    static func parse(_ text: String) throws(PatternFailure) -> PatternSyntax {
        let scalars = text.unicodeScalars.prefix(maximumScalars + 1).map(\.value)
        guard scalars.count <= maximumScalars else {
            throw .unsupported(reason: "longer than \(maximumScalars) characters")
        }
        var parser = PatternParser(pattern: scalars)
        let syntax = try parser.choice()
        guard parser.position == scalars.count else { throw parser.malformed("a \")\" that nothing opens") }
        return syntax
    }

    private init(pattern: [UInt32]) { self.pattern = pattern }

    private var current: UInt32? { position < pattern.count ? pattern[position] : nil }

    private func malformed(_ reason: String) -> PatternFailure { .malformed(reason: reason, offset: position) }

    private mutating func take(_ character: UnicodeScalar) -> Bool {
        guard current == character.value else { return false }
        position += 1
        return true
    }

    private mutating func choice() throws(PatternFailure) -> PatternSyntax {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternFailure) -> PatternSyntax {
        var parts: [PatternSyntax] = []
        while let next = current, next != UnicodeScalar("|").value, next != UnicodeScalar(")").value {
            parts.append(try repeated(try atom()))
        }
        return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func atom() throws(PatternFailure) -> PatternSyntax {
        guard let character = current else { throw malformed("unexpected end") }
        position += 1
        switch UnicodeScalar(character) {
        case "."?: return .one(.notNewline)
        case "^"?: return .assertion(.start)
        case "$"?: return .assertion(.end)
        case "("?: return try group()
        case "["?: return .one(try characterClass())
        case "\\"?: return try escape()
        case "*"?, "+"?, "?"?: throw malformed("a repetition of nothing")
        default: return .one(.only(character))
        }
    }

    private mutating func group() throws(PatternFailure) -> PatternSyntax {
        if take("?"), !take(":") { throw .unsupported(reason: "look-around and named groups") }
        depth += 1
        guard depth <= Self.maximumDepth else { throw .unsupported(reason: "groups nested too deeply") }
        let inner = try choice()
        depth -= 1
        guard take(")") else { throw malformed("a \"(\" that nothing closes") }
        return inner
    }

    // MARK: Repetitions

    private mutating func repeated(_ atom: PatternSyntax) throws(PatternFailure) -> PatternSyntax {
        var syntax = atom
        var count = 0
        while let (minimum, maximum) = try repetition() {
            count += 1
            guard count <= 1 else { throw malformed("a repetition of a repetition") }
            if case .assertion = atom { throw malformed("a repetition of an assertion") }
            syntax = .repeated(atom, minimum: minimum, maximum: maximum)
            _ = take("?")
        }
        return syntax
    }

    private mutating func repetition() throws(PatternFailure) -> (minimum: Int, maximum: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard current == UnicodeScalar("{").value else { return nil }
        let start = position
        position += 1
        guard let minimum = number() else {
            // "{" without a number stands for itself, as in most dialects.
            position = start
            return nil
        }
        var maximum: Int? = minimum
        if take(",") { maximum = number() }
        guard take("}") else { throw malformed("a repetition without \"}\"") }
        guard minimum <= maximum ?? minimum else { throw malformed("a repetition from more to less") }
        guard max(minimum, maximum ?? 0) <= Self.maximumRepetition else {
            throw .unsupported(reason: "more than \(Self.maximumRepetition) repetitions")
        }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        let start = position
        var value = 0
        while let character = current, (0x30...0x39).contains(character) {
            // Beyond the bound every number means the same.
            value = min(value * 10 + Int(character - 0x30), Self.maximumRepetition + 1)
            position += 1
        }
        return position > start ? value : nil
    }

    // MARK: Escapes and classes

    private mutating func escape() throws(PatternFailure) -> PatternSyntax {
        if take("b") { return .assertion(.wordBoundary) }
        if take("B") { return .assertion(.noWordBoundary) }
        return .one(try escapedSet())
    }

    /// What an escape stands for, its backslash being read.
    private mutating func escapedSet() throws(PatternFailure) -> ScalarSet {
        guard let character = current, let scalar = UnicodeScalar(character) else {
            throw malformed("a \"\\\" at the end")
        }
        position += 1
        switch scalar {
        case "d": return .digits
        case "D": return ScalarSet(ranges: ScalarSet.digits.ranges, isInverted: true)
        case "w": return .word
        case "W": return ScalarSet(ranges: ScalarSet.word.ranges, isInverted: true)
        case "s": return .blanks
        case "S": return ScalarSet(ranges: ScalarSet.blanks.ranges, isInverted: true)
        case "n": return .only(0x0A)
        case "r": return .only(0x0D)
        case "t": return .only(0x09)
        case "f": return .only(0x0C)
        case "v": return .only(0x0B)
        case "x": return .only(try hexadecimal(2))
        case "u": return .only(try hexadecimal(4))
        case "1"..."9": throw .unsupported(reason: "back references")
        case "0", "a"..."z", "A"..."Z": throw malformed("an escape that means nothing")
        default: return .only(character)
        }
    }

    private mutating func hexadecimal(_ count: Int) throws(PatternFailure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let character = current, character < 0x80,
                let digit = UnicodeScalar(character).flatMap({ Character($0).hexDigitValue })
            else { throw malformed("expected \(count) hexadecimal digits") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// The characters of a class, its "[" being read.
    private mutating func characterClass() throws(PatternFailure) -> ScalarSet {
        var set = ScalarSet(ranges: [])
        set.isInverted = take("^")
        var isFirst = true
        while true {
            guard current != nil else { throw malformed("a \"[\" that nothing closes") }
            // A "]" right at the start is a character of the class.
            if !isFirst, take("]") { return set }
            isFirst = false
            let low = try classMember()
            guard let first = Self.single(low), current == UnicodeScalar("-").value,
                position + 1 < pattern.count, pattern[position + 1] != UnicodeScalar("]").value
            else {
                set.ranges += low.isInverted ? low.complement : low.ranges
                continue
            }
            position += 1
            guard let last = Self.single(try classMember()), first <= last else {
                throw malformed("a range from more to less")
            }
            set.ranges.append(first...last)
        }
    }

    private mutating func classMember() throws(PatternFailure) -> ScalarSet {
        if take("\\") {
            // Within a class \b is a backspace.
            return take("b") ? .only(0x08) : try escapedSet()
        }
        guard let character = current else { throw malformed("a \"[\" that nothing closes") }
        position += 1
        return .only(character)
    }

    private static func single(_ set: ScalarSet) -> UInt32? {
        guard !set.isInverted, set.ranges.count == 1, set.ranges[0].count == 1 else { return nil }
        return set.ranges[0].lowerBound
    }
}
