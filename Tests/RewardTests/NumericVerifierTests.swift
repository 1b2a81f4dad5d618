import Reward
import Testing

@Suite struct NumericVerifierTests {
    @Test(arguments: [
        ("42", "42"), ("42", " 42.\n"), ("42", "+42"), ("42", "42.000"), ("42", "4.2e1"), ("42", "420e-1"),
        ("1234.5", "1,234.50"), ("-7", "−7"), ("0", "-0"), ("0.5", ".5"), ("1000000", "1,000,000"),
        ("\"1e3\"", "1000"),
    ])
    func equalNumbersAreRightHoweverWritten(_ answer: String, _ response: String) {
        #expect(judge("numeric", #"{"answer":\#(answer)}"#, response) == .right)
    }

    @Test(arguments: [
        ("42", "43"), ("42", ""), ("42", "42 or 43"), ("42", "the answer is 42"), ("42", "4 2"), ("42", "42%"),
        ("1234", "12,34"), ("1234", ",1234"), ("42", "4.2e"), ("42", "nan"), ("42", "0x2A"), ("42", "--42"),
        ("42", "42.0000000000000000000000001"), ("1", "1e-999999"), ("7", "٧"),
    ])
    func anythingElseIsWrong(_ answer: String, _ response: String) {
        #expect(judge("numeric", #"{"answer":\#(answer)}"#, response) == .wrong)
    }

    /// 0.4 − 0.3 is more than 0.1 in binary floating point.
    @Test func theToleranceIsExact() {
        let payload = #"{"answer":0.3,"tolerance":0.1}"#
        #expect(judge("numeric", payload, "0.4") == .right)
        #expect(judge("numeric", payload, "0.2") == .right)
        #expect(judge("numeric", payload, "0.400000000000000001") == .wrong)
        #expect(judge("numeric", payload, "0.3999999999999999999999999") == .right)
        #expect(judge("numeric", payload, "0.4000000000000000000000001") == .wrong)
        #expect(judge("numeric", payload, "-0.3") == .wrong)
    }

    @Test func theRelativeToleranceIsAShareOfTheAnswer() {
        let payload = #"{"answer":-2000,"relative":0.01}"#
        #expect(judge("numeric", payload, "-2020") == .right)
        #expect(judge("numeric", payload, "-1980") == .right)
        #expect(judge("numeric", payload, "-2020.1") == .wrong)
        #expect(judge("numeric", #"{"answer":10,"relative":0.01,"tolerance":1}"#, "11") == .right)
    }

    @Test(arguments: [
        ("so 7 + 35 = 42", true), ("It is $42.", true), ("42, not 43", false), ("it costs 1,042", false),
        ("is it -42?", false), ("84-42", true), ("no number", false), ("", false),
    ])
    func theLastNumberOfAText(_ response: String, isRight: Bool) {
        #expect(judge("numeric", #"{"answer":42,"last_number":true}"#, response) == (isRight ? .right : .wrong))
    }

    /// Chat models answer in sentences, whatever they are asked.
    @Test(arguments: [
        ("linear-equation", #""a":2,"b":1,"c":0,"d":7"#, "2x = 6, so x = 3.", true),
        ("letter-count", #""word":"noon","letter":"o""#, "It occurs 2 times.", true),
        ("arithmetic-chain", #""expression":"2-5""#, "2 - 5 is -3", true),
        ("arithmetic-chain", #""expression":"2-5""#, "2 - 5 is 3", false),
        ("numeric", #""answer":8,"boxed":true"#, #"\boxed{x = 8} by step 3"#, true),
    ])
    func everyKindTakesTheLastNumber(_ kind: String, _ task: String, _ response: String, isRight: Bool) {
        #expect(judge(kind, "{\(task),\"last_number\":true}", response) == (isRight ? .right : .wrong))
        #expect(judge(kind, "{\(task)}", response) == .wrong)
    }

    @Test func answersAreFoundByMarkerTagAndBox() {
        #expect(judge("numeric", #"{"answer":8,"marker":"=>"}"#, "=> 7 no => 8") == .right)
        #expect(judge("numeric", #"{"answer":8,"tag":"answer"}"#, "<answer>7</answer><answer> 8 </answer>x") == .right)
        #expect(judge("numeric", #"{"answer":8,"tag":"answer"}"#, "<answer>8") == .wrong)
        #expect(judge("numeric", #"{"answer":8,"boxed":true}"#, #"\boxed{7} \boxed{8}."#) == .right)
        #expect(judge("numeric", #"{"answer":8,"boxed":true}"#, #"\boxed{8"#) == .wrong)
        #expect(judge("exact", #"{"answer":"8"}"#, "8") == .right)
    }

    @Test(arguments: [
        "", "7", "[]", "{}", #"{"answer":"x"}"#, #"{"answer":[1]}"#, #"{"answer":1,"tolerence":1}"#,
        #"{"answer":1,"tolerance":-1}"#, #"{"answer":1,"relative":2}"#, #"{"answer":1,"marker":""}"#,
        #"{"answer":1,"marker":"a","boxed":true}"#, #"{"answer":1,"tag":"a b"}"#, #"{"answer":1,"boxed":"yes"}"#,
        #"{"answer":1} {}"#, #"{"answer":1,"answer":2}"#,
    ])
    func aMalformedTaskIsUnknown(_ payload: String) {
        #expect(judge("numeric", payload, "1") == .unknown(.malformedTask))
    }

    @Test func anAnswerBeyondTheLimitsIsUnknown() {
        #expect(judge("numeric", #"{"answer":1e30}"#, "1e30") == .unknown(.unsupported))
        #expect(judge("numeric", #"{"answer":"0.00000000000000000001"}"#, "0") == .unknown(.unsupported))
    }

    @Test func hostileAnswersAreWrong() {
        let digits = String(repeating: "9", count: 1_000_000)
        for response in [digits, "1e999", "1." + digits, "," + digits, String(repeating: "-", count: 1_000_000)] {
            #expect(judge("numeric", #"{"answer":1}"#, response) == .wrong)
            #expect(judge("numeric", #"{"answer":1,"last_number":true}"#, response) == .wrong)
        }
    }
}
