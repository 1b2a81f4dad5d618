import JSON
import TestSupport
import Testing

@Suite struct JSONTests {
    @Test func readsEveryKindOfValue() throws {
        let value = try JSONValue.parse(
            #" { "a" : [ 1 , -2.5e3, true, false, null, 12345678901234567890 ], "b" : { } , "c":"\u00e9\n\ud83d\ude00/\/" } "#
        )
        #expect(value["a"]?.array?.prefix(4) == [.integer(1), .number(-2500), .boolean(true), .boolean(false)])
        #expect(value["a"]?.array?[5] == .number(1.2345678901234567e19))
        #expect(value["b"] == .object(JSONObject()))
        #expect(value["c"] == .string("é\n😀//"))
    }

    @Test(arguments: [
        "", " ", "{", "[1,", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "1.", ".5", "1e", "+1", "-", "tru",
        "nul",
        "\"a", "\"\\x\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "1 2", "NaN",
        "Infinity", "1e999", "{\"a\":1,\"a\":2}", "'a'", "[1]]", "\u{FEFF}1",
    ])
    func refusesMalformedText(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue.parse(text) }
    }

    @Test func refusesInvalidUTF8() {
        #expect(throws: JSONError.self) { try JSONValue.parse([0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue.parse([0x22, 0x5C, 0x6E, 0xC3, 0x22]) }
    }

    @Test func nestingBombIsRefusedNotFollowed() {
        #expect(throws: JSONError.self) { try JSONValue.parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSONValue.parse(String(repeating: "{\"a\":", count: 1_000_000)) }
    }

    @Test func keysAreDistinguishedByBytes() throws {
        // Canonically equivalent, so equal as Swift strings, but two tokens of a vocabulary.
        let value = try JSONValue.parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"] == .integer(1))
        #expect(value["e\u{301}"] == .integer(2))
    }

    @Test func writingIsTheInverseOfReading() throws {
        let text = #"{"a":[1,-2.5,true,null,"\"\\\n\t\u0001é😀"],"b":{},"c":[],"d":{"e":1e+100}}"#
        let value = try JSONValue.parse(text)
        #expect(String(decoding: JSONWriter.write(value), as: UTF8.self) == text)
        #expect(try JSONValue.parse(JSONWriter.write(value, indented: true)) == value)
    }

    @Test func mutatedTextNeverCrashes() throws {
        var generator = SplitMix64(seed: 1)
        let text = Array(#"{"a":[1,-2.5e3,true,null,"\"\\\n\u00e9\ud83d\ude00"],"b":{"c":"é"}}"#.utf8)
        var accepted = 0
        for _ in 0..<20_000 {
            let candidate = mutated(text, using: &generator)
            guard let value = unlessRefused({ try JSONValue.parse(candidate) }) else { continue }
            accepted += 1
            #expect(try JSONValue.parse(JSONWriter.write(value)) == value)
        }
        #expect(accepted > 100)
    }
}
