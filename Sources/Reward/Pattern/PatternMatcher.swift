/// Runs a pattern's automaton over a text: all states at once, one character at a time (Pike), never back.
///
/// Takes at most states × characters steps, whatever pattern and text are.
struct PatternMatcher {
    /// Where a pattern has to match.
    enum Extent: String, Sendable {
        /// The whole text.
        case full
        /// Any part of it.
        case search
    }

    /// Steps allowed; longer texts are not looked at.
    static let maximumSteps = 20_000_000

    private let program: [PatternProgram.Instruction]
    /// States reached, in order, and by number when each was last reached.
    private var reached: [Int] = []
    private var stamp: [Int]
    private var generation = 0
    private var isMatched = false

    /// Whether `text` matches; nil if that would take too many steps.
    static func matches(_ program: PatternProgram, _ text: String, _ extent: Extent) -> Bool? {
        let scalars = text.unicodeScalars.map(\.value)
        guard scalars.count < maximumSteps / program.instructions.count else { return nil }
        var matcher = PatternMatcher(program: program.instructions)
        return matcher.run(scalars, extent)
    }

    private init(program: [PatternProgram.Instruction]) {
        self.program = program
        stamp = Array(repeating: 0, count: program.count)
    }

    private mutating func run(_ text: [UInt32], _ extent: Extent) -> Bool {
        var current: [Int] = []
        for position in 0...text.count {
            generation += 1
            reached.removeAll(keepingCapacity: true)
            isMatched = false
            if position > 0 {
                for state in current {
                    guard case .one(let set) = program[state], set.contains(text[position - 1]) else { continue }
                    follow(from: state + 1, at: position, in: text)
                }
            }
            if extent == .search || position == 0 { follow(from: 0, at: position, in: text) }
            if extent == .search, isMatched { return true }
            if reached.isEmpty, extent == .full, !(isMatched && position == text.count) { return false }
            swap(&current, &reached)
        }
        return isMatched
    }

    /// Adds every state that `start` leads to without reading a character.
    private mutating func follow(from start: Int, at position: Int, in text: [UInt32]) {
        var pending = [start]
        while let state = pending.popLast() {
            guard stamp[state] != generation else { continue }
            stamp[state] = generation
            switch program[state] {
            case .one: reached.append(state)
            case .either(let first, let second):
                pending.append(second)
                pending.append(first)
            case .jump(let target): pending.append(target)
            case .assert(let assertion):
                if Self.holds(assertion, at: position, in: text) { pending.append(state + 1) }
            case .match: isMatched = true
            }
        }
    }

    private static func holds(_ assertion: PatternAssertion, at position: Int, in text: [UInt32]) -> Bool {
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && ScalarSet.word.contains(text[index]) }
        return switch assertion {
        case .start: position == 0
        case .end: position == text.count
        case .wordBoundary: isWord(position - 1) != isWord(position)
        case .noWordBoundary: isWord(position - 1) == isWord(position)
        }
    }
}
