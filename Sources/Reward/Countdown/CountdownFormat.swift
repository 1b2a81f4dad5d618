/// How a problem and its answer are written for the policy: as short as can be, for a byte-level tokenizer.
///
///     3 5 8=29:        prompt
///     8*3+5            response, ended by the end-of-sequence token
///
/// The whole response is the answer, so there is nothing to extract and nothing to hide behind.
package struct CountdownFormat: Sendable, Equatable {
    package init() {}

    /// The numbers in the problem's order, then the target.
    package func prompt(_ problem: CountdownProblem) -> String {
        "\(problem.numbers.map(String.init).joined(separator: " "))=\(problem.target):"
    }

    /// The answer without the end-of-sequence token.
    package func response(_ expression: ArithmeticExpression) -> String { expression.text }
}
