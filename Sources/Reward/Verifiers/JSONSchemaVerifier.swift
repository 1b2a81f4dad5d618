import JSON

/// Accepts JSON that conforms to a schema. Kind "json-schema".
///
/// Payload: `{"schema": {…}, "answer": …}` and the keys of `AnswerRule`; with `answer` the value must also equal it (numbers
/// by value, members in any order). Schemas: `JSONSchema`. The answer must be JSON and nothing else, a Markdown fence around
/// it aside; at most 64 KiB, 64 levels deep.
package struct JSONSchemaVerifier: Verifier {
    package let kind = "json-schema"

    private static let maximumBytes = 65_536

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let given = reader.value("schema")
        else { return .unknown(.malformedTask) }
        let expected = reader.value("answer")
        guard reader.isExhausted else { return .unknown(.malformedTask) }
        do throws(JSONSchema.Failure) {
            let schema = try JSONSchema(given)
            guard let answer = rule.answer(in: response).map(Self.withoutFence), let value = Self.parse(answer),
                schema.accepts(value) == true
            else { return .wrong(score: 0) }
            guard let expected else { return .correct(score: 1) }
            var checker = JSONSchemaChecker(stepsLeft: Self.maximumBytes)
            return checker.isEqual(value, expected) ? .correct(score: 1) : .wrong(score: 0)
        } catch {
            return .unknown(error == .malformed ? .malformedTask : .unsupported)
        }
    }

    private static func parse(_ text: ArraySlice<UInt8>) -> PayloadValue? {
        guard text.count <= maximumBytes else { return nil }
        do throws(JSONError) {
            return try PayloadValue.parse(text)
        } catch {
            // An answer that is no JSON is a wrong answer, whatever is wrong with it.
            return nil
        }
    }

    /// What stands between "```json" and "```", if that is all there is.
    private static func withoutFence(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let fence = Array("```".utf8)
        guard text.starts(with: fence), text.suffix(3).elementsEqual(fence), text.count >= 6 else { return text }
        let inner = text.dropFirst(3).dropLast(3)
        return AnswerExtraction.trimmed(inner.starts(with: "json".utf8) ? inner.dropFirst(4) : inner)
    }
}
