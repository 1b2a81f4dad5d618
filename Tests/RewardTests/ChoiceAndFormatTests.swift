import Reward
import Testing

@Suite struct ChoiceAndFormatTests {
    private static let texts = #"{"answer":"B","texts":["Paris","London","Rome"]}"#

    @Test(arguments: ["B", "b", " (B) ", "**B**", "B.", "$B$", "[b]", "B:"])
    func theLabelIsRight(_ response: String) {
        #expect(judge("choice", #"{"answer":"B"}"#, response) == .right)
        #expect(judge("choice", Self.texts, response) == .right)
    }

    @Test(arguments: ["A", "", "A B", "B or A", "BB", "B A", "I think B", "not B", "B) A)", "AB"])
    func anythingElseIsWrong(_ response: String) {
        #expect(judge("choice", #"{"answer":"B"}"#, response) == .wrong)
        #expect(judge("choice", Self.texts, response) == .wrong)
    }

    @Test func aLabelMayCarryItsOwnText() {
        for response in ["London", "B) London", "(B) london.", "**B: London**"] {
            #expect(judge("choice", Self.texts, response) == .right)
        }
        for response in ["B) Paris", "A) London", "BLondon", "London and Paris"] {
            #expect(judge("choice", Self.texts, response) == .wrong)
        }
        #expect(judge("choice", #"{"answer":"yes","labels":["yes","no"]}"#, "Yes.") == .right)
        #expect(judge("choice", #"{"answer":"B","boxed":true}"#, #"A? \boxed{B}"#) == .right)
    }

    @Test(arguments: [
        "{}", #"{"answer":""}"#, #"{"answer":"E","labels":["A","B"]}"#, #"{"answer":"A","labels":["A"]}"#,
        #"{"answer":"A","labels":["A","a"]}"#, #"{"answer":"A","labels":["A",""]}"#, #"{"answer":"A","labels":"AB"}"#,
        #"{"answer":"A","texts":["x","x"]}"#, #"{"answer":"A","texts":["B","x"]}"#,
        #"{"answer":"C","texts":["x","y"]}"#,
        #"{"answer":"(A)"}"#,
    ])
    func aMalformedChoiceIsUnknown(_ payload: String) {
        #expect(judge("choice", payload, "A") == .unknown(.malformedTask))
    }

    @Test func theFormOfThoughtsAndAnswer() {
        let good = ["<think>a</think><answer>b</answer>", " <think></think>\n\n<answer> 1 < 2 </answer>\n"]
        for response in good { #expect(judge("format", "{}", response) == .right) }
        let bad = [
            "", "<think>a</think>", "<think>a</think><answer> </answer>", "<answer>b</answer><think>a</think>",
            "<think>a</think>x<answer>b</answer>", "<think>a</think><answer>b</answer>x",
            "x<think>a</think><answer>b</answer>", "<think>a<think></think><answer>b</answer>",
            "<think>a</think><answer>b</answer><answer>b</answer>", "<think>a<answer>b</think></answer>",
            "</think><think>a<answer>b</answer>", "<THINK>a</THINK><answer>b</answer>",
        ]
        for response in bad { #expect(judge("format", "{}", response) == .wrong, "\(response)") }
    }

    @Test func thePromptMayOpenTheFirstTag() {
        #expect(judge("format", #"{"opened":true}"#, "a</think><answer>b</answer>") == .right)
        #expect(judge("format", #"{"opened":true}"#, "<think>a</think><answer>b</answer>") == .wrong)
        #expect(judge("format", #"{"tags":["result"]}"#, "<result>7</result>") == .right)
    }

    @Test(arguments: [
        #"{"tags":[]}"#, #"{"tags":["a b"]}"#, #"{"tags":["a","a"]}"#, #"{"tags":"a"}"#, #"{"tags":[""]}"#, "[]",
        #"{"tag":"answer"}"#, #"{"opened":1}"#,
    ])
    func aMalformedFormIsUnknown(_ payload: String) {
        #expect(judge("format", payload, "<a>b</a>") == .unknown(.malformedTask))
    }

    @Test func hostileResponsesAreWrong() {
        let many = String(repeating: "<think>", count: 100_000)
        #expect(judge("format", "{}", many) == .wrong)
        #expect(judge("format", "{}", many + "</think><answer>b</answer>") == .wrong)
        #expect(judge("choice", Self.texts, String(repeating: "(B)", count: 100_000)) == .wrong)
        #expect(judge("choice", #"{"answer":"B","tag":"answer"}"#, many) == .wrong)
        #expect(judge("choice", #"{"answer":"B","boxed":true}"#, #"\boxed{"# + many) == .wrong)
    }
}
