/// Sums, differences and products of whole numbers: "17-4*3=". Difficulty d: d operations on numbers up to 10·d − 1.
///
/// Products have a factor of one digit and are never chained, so values stay below a million.
enum ArithmeticChain {
    static func problem(difficulty: Int, _ random: inout SplitMix64) -> ProceduralProblem {
        let largest = 10 * difficulty - 1
        var expression = "\(random.element(of: 1...largest))"
        var spaced = expression
        var wasProduct = false
        for _ in 0..<difficulty {
            let choices: [ArithmeticOperator] = wasProduct ? [.add, .subtract] : [.add, .subtract, .multiply]
            let symbol = random.element(of: choices)
            wasProduct = symbol == .multiply
            let number = random.element(of: wasProduct ? 2...9 : 1...largest)
            expression += "\(symbol.rawValue)\(number)"
            spaced += " \(symbol.rawValue) \(number)"
        }
        guard let value = ArithmeticParser.parse(Array(expression.utf8)[...])?.value?.wholeValue else {
            preconditionFailure("\(expression) is an expression of whole numbers without a quotient")
        }
        return ProceduralProblem(
            name: "arithmetic-chain \(expression)", terse: "\(expression)=", question: "What is \(spaced)?",
            solution: "\(value)",
            verification: VerificationTask(kind: ArithmeticChainVerifier.kind, ["expression": .string(expression)]),
            size: difficulty)
    }
}
