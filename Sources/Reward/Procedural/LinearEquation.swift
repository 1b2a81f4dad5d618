/// One unknown on one side, then on both: "3x+4=19:". Difficulty d: coefficients up to 2 + 2·d, solutions up to 5·d in
/// magnitude; whole and not negative below 3, x on both sides from 5, fractions from 8.
enum LinearEquation {
    static func problem(difficulty: Int, _ random: inout SplitMix64) -> ProceduralProblem {
        let largest = 2 + 2 * difficulty
        let (a, c) = coefficients(difficulty, largest: largest, &random)
        // d − b = (a − c) · x: with b drawn, d follows from a whole x; a fraction comes from drawing d too.
        let b = random.element(of: (difficulty < 3 ? 0 : -largest * 3)...largest * 3)
        let solution = random.element(of: (difficulty < 3 ? 0 : -5 * difficulty)...5 * difficulty)
        var d = b + (a - c) * solution
        if difficulty >= 8 { d += random.element(of: 0...abs(a - c)) }
        let left = side(a, b)
        let right = side(c, d)
        return ProceduralProblem(
            name: "linear-equation \(left)=\(right)", terse: "\(left)=\(right):",
            question: "Solve for x: \(left) = \(right).", solution: fraction(d - b, a - c),
            verification: VerificationTask(
                kind: LinearEquationVerifier.kind,
                ["a": PayloadValue(a), "b": PayloadValue(b), "c": PayloadValue(c), "d": PayloadValue(d)]),
            size: abs(a) + abs(b) + abs(c) + abs(d))
    }

    private static func coefficients(
        _ difficulty: Int, largest: Int, _ random: inout SplitMix64
    ) -> (a: Int, c: Int) {
        let a = random.element(of: 2...largest)
        guard difficulty >= 5 else { return (a, 0) }
        let others = (-largest...largest).filter { $0 != 0 && $0 != a }
        return (a, random.element(of: others))
    }

    /// "3x-4", "-x", "7".
    private static func side(_ coefficient: Int, _ constant: Int) -> String {
        guard coefficient != 0 else { return "\(constant)" }
        let term = coefficient == 1 ? "x" : coefficient == -1 ? "-x" : "\(coefficient)x"
        return constant == 0 ? term : constant > 0 ? "\(term)+\(constant)" : "\(term)\(constant)"
    }

    /// The quotient, reduced: "5", "-7/3".
    private static func fraction(_ numerator: Int, _ denominator: Int) -> String {
        var (divisor, rest) = (abs(denominator), abs(numerator))
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        let sign = denominator < 0 ? -1 : 1
        let (top, bottom) = (sign * numerator / divisor, sign * denominator / divisor)
        return bottom == 1 ? "\(top)" : "\(top)/\(bottom)"
    }
}
