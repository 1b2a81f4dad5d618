/// Accepts the label of the right choice. Kind "choice".
///
/// Payload: `{"answer": "B", "labels": ["A", "B", "C", "D"], "texts": ["Paris", …]}` and the keys of `AnswerRule`; `labels`
/// default to A…Z, `texts` (what the choices say, in the labels' order) may be left out. The answer is the label alone, in any
/// case, in the wrappings that models like ("(B)", "**B**", "B.", "$B$"); with `texts` also the label followed by its own
/// text, or the text alone. Anything else, such as two labels, is wrong.
package struct ChoiceVerifier: Verifier {
    package let kind = "choice"

    private static let maximumChoices = 64
    private static let maximumAnswerBytes = 4096

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let right = reader.string("answer")
        else { return .unknown(.malformedTask) }
        let labels = reader.strings("labels") ?? (0..<26).map { String(UnicodeScalar(UInt8(ascii: "A") + $0)) }
        let texts = reader.strings("texts")
        guard reader.isExhausted, let index = Self.index(of: right, labels: labels, texts: texts) else {
            return .unknown(.malformedTask)
        }
        guard let answer = rule.answer(in: response), answer.count <= Self.maximumAnswerBytes else {
            return .wrong(score: 0)
        }
        let given = Self.unwrapped(answer)
        let label = Self.folded(labels[index].utf8)
        if given == label { return .correct(score: 1) }
        guard let text = texts.map({ Self.unwrapped(Array($0[index].utf8)[...]) }) else { return .wrong(score: 0) }
        if given == text { return .correct(score: 1) }
        guard given.starts(with: label) else { return .wrong(score: 0) }
        let rest = given[label.count...]
        let isParted = rest.first.map(Self.wrapping.contains) ?? false
        return isParted && Self.unwrapped(rest) == text ? .correct(score: 1) : .wrong(score: 0)
    }

    /// Where the right label stands; nil if labels or texts are unusable.
    private static func index(of right: String, labels: [String], texts: [String]?) -> Int? {
        let bare = labels.map { folded($0.utf8) }
        let isUsable =
            (2...maximumChoices).contains(labels.count) && Set(bare).count == bare.count
            && bare.allSatisfy { !$0.isEmpty && unwrapped($0[...]) == $0 }
        guard isUsable else { return nil }
        if let texts {
            let bareTexts = texts.map { unwrapped(Array($0.utf8)[...]) }
            // Two choices that say the same, or a text that is another choice's label, leave no certain answer.
            guard texts.count <= labels.count, !bareTexts.contains([]), Set(bareTexts).count == bareTexts.count,
                Set(bareTexts).isDisjoint(with: bare)
            else { return nil }
        }
        guard let index = bare.firstIndex(of: folded(right.utf8)), index < texts?.count ?? labels.count else {
            return nil
        }
        return index
    }

    private static let wrapping = Set(" \t\r\n*_$()[]{}.:`\"'".utf8)

    /// In lower case, without wrappings at both ends.
    private static func unwrapped(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let tail = bytes.drop(while: wrapping.contains)
        guard let last = tail.lastIndex(where: { !wrapping.contains($0) }) else { return [] }
        return folded(tail[...last])
    }

    /// ASCII letters in lower case.
    private static func folded(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }
}
