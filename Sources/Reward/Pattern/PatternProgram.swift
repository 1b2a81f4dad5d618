/// A pattern as a nondeterministic automaton (Thompson 1968), of at most `maximumInstructions` states.
struct PatternProgram: Sendable {
    static let maximumInstructions = 2000
    /// Visits of syntax nodes while compiling: bounds repetitions of repetitions that emit nothing.
    private static let maximumVisits = 100_000

    enum Instruction: Sendable, Equatable {
        case one(ScalarSet)
        case either(Int, Int)
        case jump(Int)
        case assert(PatternAssertion)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private var visits = 0
    private let ignoresCase: Bool

    init(_ pattern: String, ignoresCase: Bool) throws(PatternFailure) {
        self.ignoresCase = ignoresCase
        try emit(try PatternParser.parse(pattern))
        try append(.match)
    }

    private mutating func append(_ instruction: Instruction) throws(PatternFailure) {
        guard instructions.count < Self.maximumInstructions else {
            throw .unsupported(reason: "more than \(Self.maximumInstructions) states")
        }
        instructions.append(instruction)
    }

    private mutating func emit(_ syntax: PatternSyntax) throws(PatternFailure) {
        visits += 1
        guard visits <= Self.maximumVisits else { throw .unsupported(reason: "too many repetitions of repetitions") }
        switch syntax {
        case .empty: break
        case .one(let set): try append(.one(ignoresCase ? set.ignoringCase : set))
        case .assertion(let assertion): try append(.assert(assertion))
        case .sequence(let parts): for part in parts { try emit(part) }
        case .choice(let branches): try emit(branches[...])
        case .repeated(let part, let minimum, let maximum):
            for _ in 0..<minimum { try emit(part) }
            guard let maximum else { return try emitLoop(part) }
            try emitOptional(part, count: maximum - minimum)
        }
    }

    private mutating func emit(_ branches: ArraySlice<PatternSyntax>) throws(PatternFailure) {
        var exits: [Int] = []
        for branch in branches.dropLast() {
            let fork = instructions.count
            try append(.jump(0))
            try emit(branch)
            exits.append(instructions.count)
            try append(.jump(0))
            instructions[fork] = .either(fork + 1, instructions.count)
        }
        if let last = branches.last { try emit(last) }
        for exit in exits { instructions[exit] = .jump(instructions.count) }
    }

    /// Any number of times.
    private mutating func emitLoop(_ part: PatternSyntax) throws(PatternFailure) {
        let fork = instructions.count
        try append(.jump(0))
        try emit(part)
        try append(.jump(fork))
        instructions[fork] = .either(fork + 1, instructions.count)
    }

    /// At most `count` times.
    private mutating func emitOptional(_ part: PatternSyntax, count: Int) throws(PatternFailure) {
        var forks: [Int] = []
        for _ in 0..<count {
            forks.append(instructions.count)
            try append(.jump(0))
            try emit(part)
        }
        for fork in forks { instructions[fork] = .either(fork + 1, instructions.count) }
    }
}
