/// The same number in another base: "16>2:ff=". Difficulty d: numbers of 5 + 2·d bits; bases 2 and 10, from difficulty 4 also
/// 8 and 16, from 8 any up to 16.
enum BaseConversion {
    static func problem(difficulty: Int, _ random: inout SplitMix64) -> ProceduralProblem {
        let bits = 5 + 2 * difficulty
        let value = random.element(of: 1 << (bits - 1)...(1 << bits) - 1)
        let bases = difficulty < 4 ? [2, 10] : difficulty < 8 ? [2, 8, 10, 16] : Array(2...16)
        let from = random.element(of: bases)
        let to = random.element(of: bases.filter { $0 != from })
        let digits = String(value, radix: from)
        return ProceduralProblem(
            name: "base-conversion \(value) \(from) \(to)", terse: "\(from)>\(to):\(digits)=",
            question: "Write the base-\(from) number \(digits) in base \(to).", solution: String(value, radix: to),
            verification: VerificationTask(
                kind: BaseConversionVerifier.kind,
                ["digits": .string(digits), "from": PayloadValue(from), "to": PayloadValue(to)]),
            size: bits)
    }
}
