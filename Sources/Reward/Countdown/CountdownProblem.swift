/// Reach `target` by + − × ÷ on `numbers`, each used at most once.
///
/// Invariant: 1 to 8 numbers, none negative, small enough that every expression on them has an exact value.
package struct CountdownProblem: Sendable, Equatable, Hashable {
    package static let maximumCount = 8

    /// As given, in any order, repetitions allowed.
    package let numbers: [Int]
    package let target: Int
    /// Whether every number must be used.
    package let requiresAll: Bool

    /// nil if the invariant does not hold.
    package init?(numbers: [Int], target: Int, requiresAll: Bool = false) {
        guard (1...Self.maximumCount).contains(numbers.count), Rational.fits(numbers) else { return nil }
        self.numbers = numbers
        self.target = target
        self.requiresAll = requiresAll
    }

    /// The problem whatever the order of its numbers: "3 5 8=34". Two problems with the same name are the same problem.
    package var canonicalName: String {
        "\(numbers.sorted().map(String.init).joined(separator: " "))=\(target)"
    }

    /// Which part of all problems this one belongs to.
    ///
    /// It depends on the canonical problem alone, on no seed and no setting, so training and evaluation are disjoint
    /// across all runs: one problem in `TaskSplit.bucketCount` is held out.
    package var split: TaskSplit { TaskSplit(ofProblemNamed: canonicalName) }

    /// Whether `expression` solves the problem, exactly.
    package func isSolved(by expression: ArithmeticExpression) -> Bool {
        var unused = numbers
        for number in expression.numbers {
            guard let position = unused.firstIndex(of: number) else { return false }
            unused.remove(at: position)
        }
        guard !requiresAll || unused.isEmpty else { return false }
        return expression.value?.wholeValue == Int128(target)
    }
}
