/// Accepts how often a letter occurs in a word, in either case. Kind "letter-count".
///
/// Payload: `{"word": "strawberry", "letter": "r"}` and the keys of `AnswerRule`. The answer is the count in digits.
package struct LetterCountVerifier: Verifier {
    package static let kind = "letter-count"
    package var kind: String { Self.kind }

    private static let maximumWordBytes = 4096

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let word = reader.string("word"), let letter = reader.string("letter"), reader.isExhausted,
            letter.count == 1, !word.isEmpty
        else { return .unknown(.malformedTask) }
        guard word.utf8.count <= Self.maximumWordBytes else { return .unknown(.unsupported) }
        guard let answer = rule.answer(in: response),
            let given = WholeNumber.read(answer)
        else { return .wrong(score: 0) }
        return given == Self.count(of: letter, in: word) ? .correct(score: 1) : .wrong(score: 0)
    }

    static func count(of letter: String, in word: String) -> Int {
        let wanted = letter.lowercased()
        return word.count { String($0).lowercased() == wanted }
    }
}

/// Whole numbers in answers: digits with at most one sign before them.
enum WholeNumber {
    private static let maximumBytes = 20

    static func read(_ text: ArraySlice<UInt8>) -> Int? {
        text.count <= maximumBytes ? Int(String(decoding: text, as: UTF8.self)) : nil
    }
}
