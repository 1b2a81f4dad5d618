import Reward
import Testing

@Suite struct RegexVerifierTests {
    private func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : scalar == "\n" ? "\\n" : "\(scalar)"
        }
        return "\"" + escaped.joined() + "\""
    }

    private func verdict(_ pattern: String, _ response: String, _ more: String = "") -> Verdict {
        judge("regex", "{\"pattern\":\(quoted(pattern))\(more)}", response)
    }

    @Test(arguments: [
        ("abc", "abc"), ("a.c", "aéc"), ("a|b|", "b"), ("a*", "aaaa"), ("(ab)+", "ababab"), ("a?b", "b"),
        ("a{3}", "aaa"), ("a{2,}", "aaaaa"), ("a{1,3}", "aa"), ("(?:a|bc)*d", "abcbcd"), ("[a-c]+", "abc"),
        ("[^a-c]+", "xyz"), (#"\d{4}-\d\d"#, "2026-11"), (#"\w+\s\w+"#, "ab_1 c"), (#"\S+"#, "x1!"), (#"\."#, "."),
        ("[]a]+", "]a"), ("[a-]+", "a-"), (#"[\d.]+"#, "3.14"), (#"[^\d]+"#, "abc"), (#"[\D]+"#, "abc"), ("^a$", "a"),
        (#"\bcat\b"#, "cat"), (#"\x41B"#, "AB"), (#"\u00e9"#, "é"), ("a+?", "aaa"), ("(a*)*b", "aab"), ("(a|a)*", "aa"),
        ("()*x", "x"), ("x{0}y", "y"), ("{a}", "{a}"), ("(a?){3}", "aa"), ("日本", "日本"), ("a||b", "b"),
        (#"\D\W\nb"#, "a!\nb"),
    ])
    func matches(_ pattern: String, _ text: String) {
        #expect(verdict(pattern, text) == .right)
    }

    @Test(arguments: [
        ("abc", "abcd"), ("abc", "xabc"), ("a{3}", "aa"), ("a{1,2}", "aaa"), ("[a-c]", "d"), ("[^a]", "a"), (".", "ab"),
        ("a.c", "a\nc"), (#"\d"#, "x"), (#"\d"#, "٣"), ("a^b", "ab"), ("(a|b)c", "ab"), ("A", "a"), ("", "x"),
        ("a{0}", "a"),
        (#"a\bb"#, "ab"),
    ])
    func doesNotMatch(_ pattern: String, _ text: String) {
        #expect(verdict(pattern, text) == .wrong)
    }

    @Test func searchAndCase() {
        #expect(verdict("b+", "abbbc", #","match":"search""#) == .right)
        #expect(verdict("^b", "abbbc", #","match":"search""#) == .wrong)
        #expect(verdict("c$", "abbbc", #","match":"search""#) == .right)
        #expect(verdict("", "abc", #","match":"search""#) == .right)
        #expect(verdict("[b-d]LUE", "Blue", #","ignore_case":true"#) == .right)
        #expect(verdict("[^b]", "B", #","ignore_case":true"#) == .wrong)
        #expect(verdict(#"\bcat\b"#, "a cat.", #","match":"search""#) == .right)
        #expect(verdict(#"\bcat\b"#, "concat", #","match":"search""#) == .wrong)
        #expect(verdict("[0-9]+", "so: 12", #","marker":"so:""#) == .right)
    }

    @Test(arguments: [
        "(", ")", "a)", "(a", "[", "[a", "[z-a]", "*", "a**", "a{2,1}", "a{2", "+a", #"\"#, #"\q"#, #"\x4"#, "^*", "|*",
        "a{1}{2}",
        "[a-\\d]",
    ])
    func aMalformedPatternIsUnknown(_ pattern: String) {
        #expect(verdict(pattern, "a") == .unknown(.malformedTask))
    }

    @Test func otherFaultsOfTheTaskAreUnknown() {
        for payload in ["{}", #"{"pattern":1}"#, #"{"pattern":"a","match":"begin"}"#, #"{"pattern":"a","flags":"i"}"#] {
            #expect(judge("regex", payload, "a") == .unknown(.malformedTask))
        }
    }

    @Test(arguments: [
        #"(a)\1"#, "(?=a)", "(?<n>a)", "a{1001}", "(a{1000}){1000}", "((((){1000}){1000}){1000}){1000}",
        String(repeating: "a", count: 3000), String(repeating: "(", count: 100) + String(repeating: ")", count: 100),
    ])
    func whatIsNotLinearOrTooLargeIsUnsupported(_ pattern: String) {
        #expect(verdict(pattern, "aa") == .unknown(.unsupported))
    }

    /// Each of these takes a backtracking matcher longer than the universe has existed.
    @Test func patternsThatExplodeElsewhereAreMatchedInLinearTime() {
        let text = String(repeating: "a", count: 5_000)
        for pattern in ["(a+)+b", "(a|aa)+b", "(a*)*b", "(a|a?)+b", "(.*)(.*)(.*)(.*)(.*)b", "(a?){400}a{400}b"] {
            #expect(verdict(pattern, text) == .wrong)
            #expect(verdict(pattern, text + "c", #","match":"search""#) == .wrong)
        }
        #expect(verdict("(a+)+b", text + "b") == .right)
    }

    @Test func anAnswerTooLongToBeMatchedIsWrong() {
        let text = String(repeating: "a", count: 200_000)
        #expect(verdict("a{900}b", text, #","match":"search""#) == .wrong)
    }
}
