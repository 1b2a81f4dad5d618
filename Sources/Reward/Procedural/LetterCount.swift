/// How often a letter occurs in a word: "banana:a=". Difficulty d: words of 2 + 3·d letters out of an alphabet of 3 + d; the
/// letter is one of the word's, except in one problem of eight.
enum LetterCount {
    private static let alphabet = Array("etaoinshrdlucmfwypvbgkjqxz")

    static func problem(difficulty: Int, _ random: inout SplitMix64) -> ProceduralProblem {
        // Which letters: any, so that every letter is practised.
        var letters: [Character] = []
        while letters.count < 3 + difficulty {
            let letter = random.element(of: alphabet)
            if !letters.contains(letter) { letters.append(letter) }
        }
        let word = String((0..<2 + 3 * difficulty).map { _ in random.element(of: letters) })
        let letter = String(random.below(8) == 0 ? random.element(of: alphabet) : random.element(of: Array(word)))
        let count = LetterCountVerifier.count(of: letter, in: word)
        return ProceduralProblem(
            name: "letter-count \(word) \(letter)", terse: "\(word):\(letter)=",
            question: "How many times does the letter \"\(letter)\" occur in \"\(word)\"?", solution: "\(count)",
            verification: VerificationTask(
                kind: LetterCountVerifier.kind, ["word": .string(word), "letter": .string(letter)]),
            size: word.utf8.count)
    }
}
