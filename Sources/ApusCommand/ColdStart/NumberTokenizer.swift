import Model

/// The byte-level tokenizer with a token of its own for each of the numbers 10 to 99.
///
/// Role: arithmetic is easier to learn when an operand is one token. Bytes keep the ids 0 to 255; the numbers follow in order,
/// then the control tokens. A longer number is cut into these and single digits by the merges' order.
enum NumberTokenizer {
    static let numbers = (10...99).map(String.init)

    /// Its tokenizer.json, which Hugging Face `tokenizers` loads.
    static func json() -> [UInt8] {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONParser.parse(Tokenizer.byteLevelJSON())
        } catch {
            preconditionFailure("the byte-level tokenizer.json is not JSON: \(error)")
        }
        let merged =
            document
            .replacing("model") { $0.replacing("vocab", with: addNumbers).replacing("merges") { _ in merges } }
            .replacing("added_tokens", with: moveBehindNumbers)
        return JSONWriter.write(merged, indented: true)
    }

    /// "1 0", "1 1", …: the two digits of each number.
    private static var merges: JSONValue {
        .array(numbers.map { .string($0.map(String.init).joined(separator: " ")) })
    }

    private static func addNumbers(_ vocabulary: JSONValue) -> JSONValue {
        let members = vocabulary.object?.members ?? []
        let more = numbers.enumerated().map { index, number in
            JSONObject.Member(key: number, value: .integer(members.count + index))
        }
        return .object(JSONObject(members: members + more))
    }

    private static func moveBehindNumbers(_ addedTokens: JSONValue) -> JSONValue {
        .array(
            (addedTokens.array ?? []).map { token in
                token.replacing("id") { .integer(($0.integer ?? 0) + numbers.count) }
            })
    }
}

extension JSONValue {
    /// This object with one member's value changed; all else, the order too, stays.
    fileprivate func replacing(_ key: String, with change: (JSONValue) -> JSONValue) -> JSONValue {
        let members = object?.members ?? []
        return .object(
            JSONObject(members: members.map { $0.key == key ? .init(key: key, value: change($0.value)) : $0 }))
    }
}
