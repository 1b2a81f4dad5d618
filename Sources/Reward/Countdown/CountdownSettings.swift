/// How hard Countdown problems are.
package struct CountdownSettings: Sendable, Equatable, CustomStringConvertible {
    /// How many numbers are given; within 2...6.
    package var count: ClosedRange<Int>
    /// Between which they lie; within 1...1000.
    package var numbers: ClosedRange<Int>
    /// Between which the target lies; within 0...1000000.
    package var targets: ClosedRange<Int>
    /// What the problem is built from. The verifier accepts all four operators anyway.
    package var operators: [ArithmeticOperator]
    /// How many of the given numbers the solution that a problem is made for uses; within 2...6. Fewer than given
    /// makes the rest distractors and the problem easier. Other solutions are as good.
    package var used: ClosedRange<Int>
    /// Whether every number must be used, rather than each at most once.
    package var requiresAll: Bool

    package init(
        count: ClosedRange<Int> = 3...3, numbers: ClosedRange<Int> = 1...9, targets: ClosedRange<Int> = 1...50,
        operators: [ArithmeticOperator] = ArithmeticOperator.allCases, used: ClosedRange<Int> = 2...6,
        requiresAll: Bool = false
    ) {
        self.count = count
        self.numbers = numbers
        self.targets = targets
        self.operators = operators
        self.used = used
        self.requiresAll = requiresAll
    }

    /// How many of `given` numbers a solution uses, or nil if none of so many is wanted.
    func usedCounts(of given: Int) -> ClosedRange<Int>? {
        if requiresAll { return given...given }
        return used.lowerBound <= given ? used.lowerBound...min(used.upperBound, given) : nil
    }

    /// - Throws: `TaskError.unsupportedSetting` naming the first setting out of bounds.
    package func validate() throws(TaskError) {
        let ranges: [(name: String, value: ClosedRange<Int>, allowed: ClosedRange<Int>)] = [
            ("the count of numbers", count, 2...6), ("the range of numbers", numbers, 1...1000),
            ("the range of targets", targets, 0...1_000_000), ("the count of numbers used", used, 2...6),
        ]
        for range in ranges
        where range.value.lowerBound < range.allowed.lowerBound || range.value.upperBound > range.allowed.upperBound {
            throw .unsupportedSetting(name: range.name, value: "\(range.value)", allowed: "within \(range.allowed)")
        }
        guard !operators.isEmpty else {
            throw .unsupportedSetting(name: "the list of operators", value: "empty", allowed: "some of + - * /")
        }
    }

    package var description: String {
        let symbols = operators.map { String($0.rawValue) }.joined()
        let use = requiresAll ? "all of them used" : "\(used) of them used"
        return "\(count) numbers of \(numbers), targets \(targets), operators \(symbols), \(use)"
    }
}

extension CountdownSettings {
    /// The settings of a difficulty, 1...10: more numbers of which more are needed, and larger ones.
    package init(difficulty: Int) {
        let count = difficulty <= 3 ? 3 : difficulty <= 6 ? 4 : 5
        let needed = [2...2, 2...3, 3...3, 3...3, 3...4, 4...4, 4...4, 4...5, 5...5, 5...5]
        self.init(
            count: count...count, numbers: 1...(difficulty == 10 ? 50 : 7 + 2 * difficulty),
            targets: 1...(20 + 30 * difficulty), used: needed[min(max(difficulty, 1), needed.count) - 1])
    }
}
