import Reward
import Testing

@Suite struct JSONSchemaVerifierTests {
    private func verdict(_ schema: String, _ response: String) -> Verdict {
        judge("json-schema", "{\"schema\":\(schema)}", response)
    }

    @Test(arguments: [
        ("true", "7", "x"), ("{}", "[1,{}]", "[1,"), (#"{"type":"integer"}"#, "1.0", "1.5"),
        (#"{"type":["string","null"]}"#, "null", "1"), (#"{"enum":[1,"a",{"b":[2]}]}"#, #"{"b":[2.0]}"#, #"{"b":[3]}"#),
        (#"{"const":{"a":1,"b":2}}"#, #"{"b":2,"a":1}"#, #"{"a":1}"#),
        (#"{"properties":{"a":{"type":"string"}},"required":["a"]}"#, #"{"a":"x","b":1}"#, #"{"b":1}"#),
        (#"{"properties":{"a":{"type":"string"}}}"#, "5", #"{"a":1}"#),
        (#"{"properties":{"a":true},"additionalProperties":false}"#, #"{"a":1}"#, #"{"a":1,"b":2}"#),
        (#"{"additionalProperties":{"type":"number"}}"#, #"{"a":1}"#, #"{"a":"1"}"#),
        (#"{"minProperties":1,"maxProperties":2}"#, #"{"a":1}"#, "{}"),
        (#"{"items":{"minimum":2}}"#, "[2,3]", "[1]"), (#"{"minItems":2,"maxItems":2}"#, "[1,2]", "[1]"),
        (#"{"uniqueItems":true}"#, "[1,2,\"1\"]", "[1,2,1.0]"), (#"{"exclusiveMinimum":0}"#, "0.1", "0"),
        (#"{"maximum":5,"exclusiveMaximum":5}"#, "4.9", "5"), (#"{"minLength":2,"maxLength":3}"#, "\"éé\"", "\"é\""),
        (#"{"pattern":"^[a-z]+$"}"#, "\"abc\"", "\"Abc\""), (#"{"allOf":[{"minimum":1},{"maximum":2}]}"#, "1", "3"),
        (#"{"anyOf":[{"type":"null"},{"minimum":3}]}"#, "4", "2"),
        (#"{"oneOf":[{"minimum":1},{"maximum":2}]}"#, "3", "1"), (#"{"not":{"type":"string"}}"#, "1", "\"a\""),
        (#"{"title":"x","type":"boolean"}"#, "true", "0"), ("false", "", "1"),
    ])
    func values(_ schema: String, _ good: String, _ bad: String) {
        if schema != "false" { #expect(verdict(schema, good) == .right) }
        #expect(verdict(schema, bad) == .wrong)
    }

    @Test func onlyTheAnswerItselfIsRead() {
        #expect(verdict("{}", "```json\n{\"a\": 1}\n```") == .right)
        for response in ["here: {}", "{} {}", "{'a':1}", #"{"a":1,"a":1}"#, "", "NaN", "[1,]", "\"\u{7}\""] {
            #expect(verdict("{}", response) == .wrong)
        }
        let payload = #"{"schema":{"type":"object"},"answer":{"x":[1,2]},"tag":"json"}"#
        #expect(judge("json-schema", payload, #"so <json>{"x": [1.0, 2]}</json>"#) == .right)
        #expect(judge("json-schema", payload, #"so <json>{"x": [2, 1]}</json>"#) == .wrong)
    }

    @Test(arguments: [
        "7", "[]", #"{"type":"text"}"#, #"{"enum":[]}"#, #"{"required":"a"}"#, #"{"minLength":-1}"#,
        #"{"minimum":"1"}"#,
        #"{"pattern":"("}"#, #"{"properties":{"a":7}}"#, #"{"anyOf":[]}"#, #"{"uniqueItems":1}"#,
    ])
    func aMalformedSchemaIsUnknown(_ schema: String) {
        #expect(verdict(schema, "1") == .unknown(.malformedTask))
    }

    @Test(arguments: [##"{"$ref":"#"}"##, #"{"if":true}"#, #"{"format":"date"}"#, #"{"items":{"multipleOf":2}}"#])
    func aKeywordOutsideOfTheSubsetIsUnsupported(_ schema: String) {
        #expect(verdict(schema, "1") == .unknown(.unsupported))
    }

    @Test func hostileJSONIsWrong() {
        let deep = String(repeating: "[", count: 30_000)
        #expect(verdict("{}", deep + String(repeating: "]", count: 30_000)) == .wrong)
        #expect(verdict("{}", "[" + String(repeating: "1,", count: 500_000) + "1]") == .wrong)
        let equal = "[" + (0..<9_000).map(String.init).joined(separator: ",") + "]"
        #expect(verdict(#"{"uniqueItems":true}"#, equal) == .wrong)
        let nested = String(repeating: #"{"anyOf":["#, count: 20) + "false" + String(repeating: ",true]}", count: 20)
        #expect(verdict(nested, "1") == .right)
    }
}
