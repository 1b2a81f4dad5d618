/// Accepts a response of the form `<think>…</think> <answer>…</answer>`, whatever it says. Kind "format".
///
/// Payload: `{"tags": ["think", "answer"], "opened": false}`; both optional. Right is a response that consists of the tags'
/// blocks in their order, with nothing but blanks around and between them; every opening and closing tag occurs once, and
/// the last block is not blank. `opened`: the prompt ends with the first opening tag, so the response begins inside.
package struct FormatVerifier: Verifier {
    package let kind = "format"

    private static let maximumTags = 8

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload) else { return .unknown(.malformedTask) }
        let tags = reader.strings("tags") ?? ["think", "answer"]
        let isOpened = reader.boolean("opened")
        guard reader.isExhausted, (1...Self.maximumTags).contains(tags.count), Set(tags).count == tags.count,
            tags.allSatisfy(TagName.isValid)
        else { return .unknown(.malformedTask) }
        return Self.isWellFormed(Array(response.utf8), tags, isOpened: isOpened)
            ? .correct(score: 1) : .wrong(score: 0)
    }

    private static func isWellFormed(_ response: [UInt8], _ tags: [String], isOpened: Bool) -> Bool {
        var rest = response[...]
        var content: ArraySlice<UInt8> = []
        for (number, tag) in tags.enumerated() {
            let (open, close) = (Array("<\(tag)>".utf8), Array("</\(tag)>".utf8))
            let isOpenByPrompt = isOpened && number == 0
            guard response[...].occurrences(of: open) == (isOpenByPrompt ? 0 : 1),
                response[...].occurrences(of: close) == 1
            else { return false }
            if !isOpenByPrompt {
                rest = AnswerExtraction.trimmed(rest)
                guard rest.starts(with: open) else { return false }
                rest = rest.dropFirst(open.count)
            }
            // The only closing tag may stand before the block: then it is not in the rest.
            guard let end = rest.lastRange(of: close) else { return false }
            content = AnswerExtraction.trimmed(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return !content.isEmpty && AnswerExtraction.trimmed(rest).isEmpty
    }
}
