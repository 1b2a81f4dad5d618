/// Numbers in ascending order: "5 3 9>". Difficulty d: 2 + d numbers below 10, below 100 from 4 and below 1000 from 8.
enum Sorting {
    static func problem(difficulty: Int, _ random: inout SplitMix64) -> ProceduralProblem {
        let largest = difficulty < 4 ? 9 : difficulty < 8 ? 99 : 999
        let numbers = (0..<2 + difficulty).map { _ in random.element(of: 0...largest) }
        let sorted = numbers.sorted()
        let solution = sorted.map(String.init).joined(separator: " ")
        return ProceduralProblem(
            // Another order of the same numbers has the same answer, so it is the same problem.
            name: "sorting \(solution)", terse: "\(numbers.map(String.init).joined(separator: " "))>",
            question: "Sort from smallest to largest: \(numbers.map(String.init).joined(separator: ", ")).",
            solution: solution,
            verification: VerificationTask(
                kind: SortedVerifier.kind, ["items": .array(numbers.map { PayloadValue($0) })]),
            size: numbers.count)
    }
}
