/// A prompt and a response to imitate.
package struct Demonstration: Sendable, Equatable {
    package let prompt: String
    package let response: String
    /// Whether the response is meant to solve the problem; one that is not may still do so by chance.
    package let isSolution: Bool
}

/// Supervised examples of Countdown for a warm start, all from the training split.
///
/// With probability 1 − noise the response is one of the problem's canonical solutions, each as likely; otherwise any
/// well-formed expression on as many of the numbers as a solution may use. So the warm-started policy knows the form of an answer, is right part
/// of the time, and leaves reinforcement learning something to find. The example at (seed, index) is always the same.
package struct CountdownDemonstrations: Sendable {
    package let source: CountdownTaskSource
    /// Probability of an arbitrary expression in place of a solution, in [0, 1].
    package let noise: Double

    /// - Throws: `TaskError.unsupportedSetting` if `noise` is no probability.
    package init(source: CountdownTaskSource, noise: Double) throws(TaskError) {
        guard (0...1).contains(noise) else {
            throw .unsupportedSetting(name: "the demonstrations' noise", value: "\(noise)", allowed: "within 0...1")
        }
        self.source = source
        self.noise = noise
    }

    /// The example number `index`.
    ///
    /// - Throws: `TaskError.noProblem` if the settings leave no problem.
    package func demonstration(at index: UInt64) throws(TaskError) -> Demonstration {
        let problem = try source.problem(at: index, split: .training)
        // A stream apart from the one that drew the problem.
        var random = SplitMix64(keys: source.seed, index, 0x6465_6D6F_6E73_7472)
        let isSolution = random.uniform() >= noise
        let expression = isSolution ? solution(problem, &random) : arbitraryExpression(problem.numbers, &random)
        return Demonstration(
            prompt: source.format.prompt(problem), response: source.format.response(expression),
            isSolution: isSolution)
    }

    private func solution(_ problem: CountdownProblem, _ random: inout SplitMix64) -> ArithmeticExpression {
        let solutions = source.solver(for: problem.numbers)?.solutions(target: problem.target) ?? []
        precondition(!solutions.isEmpty, "\(problem) was made solvable")
        return random.element(of: solutions)
    }

    /// Joins two random operands by a random operator until one expression is left, all canonical.
    private func arbitraryExpression(_ numbers: [Int], _ random: inout SplitMix64) -> ArithmeticExpression {
        var operands = numbers.map { (expression: ArithmeticExpression.number($0), value: $0) }
        let used = random.element(of: source.settings.usedCounts(of: numbers.count) ?? numbers.count...numbers.count)
        while operands.count > used { operands.remove(at: random.below(operands.count)) }
        while operands.count > 1 {
            let one = operands.remove(at: random.below(operands.count))
            let other = operands.remove(at: random.below(operands.count))
            let (larger, smaller) = one.value >= other.value ? (one, other) : (other, one)
            let choices = source.settings.operators.compactMap { symbol in
                CountdownSolver.combine(symbol, larger.value, smaller.value).map { (symbol, $0) }
            }
            guard !choices.isEmpty else { return larger.expression }
            let (symbol, value) = random.element(of: choices)
            operands.append((.operation(symbol, larger.expression, smaller.expression), value))
        }
        return operands[0].expression
    }
}
