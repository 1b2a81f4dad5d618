import Reward
import Testing

@Suite struct CompositionTests {
    private static let task = """
        {"parts":[{"kind":"numeric","payload":{"answer":7,"tag":"answer"},"weight":0.9},\
        {"kind":"format","weight":0.1}]}
        """
    private static let gated = """
        {"parts":[{"kind":"numeric","payload":{"answer":7,"tag":"answer"}},{"kind":"format","gate":true}],\
        "gate_score":-1}
        """

    @Test func scoresAreWeighted() {
        #expect(judge("composite", Self.task, "<think></think><answer>7</answer>") == .correct(score: 1))
        #expect(judge("composite", Self.task, "<answer>7</answer>") == .correct(score: 0.9))
        #expect(judge("composite", Self.task, "<think></think><answer>8</answer>") == .wrong(score: 0.1))
        #expect(judge("composite", Self.task, "8") == .wrong(score: 0))
    }

    @Test func aGateThatIsNotPassedDecidesAlone() {
        #expect(judge("composite", Self.gated, "<think></think><answer>7</answer>") == .correct(score: 1))
        #expect(judge("composite", Self.gated, "<answer>7</answer>") == .wrong(score: -1))
        #expect(judge("composite", Self.gated, "<think></think><answer>8</answer>") == .wrong(score: 0))
        let onlyGates = #"{"parts":[{"kind":"format","gate":true,"weight":0.5}]}"#
        #expect(judge("composite", onlyGates, "<think></think><answer>8</answer>") == .correct(score: 0.5))
    }

    @Test func aPartThatCannotBeJudgedMakesTheWholeUnknown() {
        func parts(_ other: String) -> String {
            #"{"parts":[{"kind":"exact","payload":{"answer":"a"}},\#(other)]}"#
        }
        #expect(judge("composite", parts(#"{"kind":"telepathy"}"#), "a") == .unknown(.unsupported))
        #expect(judge("composite", parts(#"{"kind":"exact"}"#), "a") == .unknown(.malformedTask))
        #expect(judge("composite", parts(#"{"kind":"telepathy","weight":0}"#), "a") == .correct(score: 1))
        #expect(judge("composite", parts(#"{"kind":"telepathy","gate":true}"#), "a") == .unknown(.unsupported))
        // A failed gate is certain, whatever the rest would have been.
        let gate = #"{"kind":"format","gate":true},{"kind":"telepathy"}"#
        #expect(judge("composite", parts(gate), "a") == .wrong(score: 0))
    }

    @Test(arguments: [
        "{}", #"{"parts":[]}"#, #"{"parts":[7]}"#, #"{"parts":[{"weight":1}]}"#, #"{"parts":[{"kind":"composite"}]}"#,
        #"{"parts":[{"kind":"exact","weight":"1"}]}"#, #"{"parts":[{"kind":"exact","weight":1e9}]}"#,
        #"{"parts":[{"kind":"exact","wieght":1}]}"#, #"{"parts":[{"kind":"exact","payload":[]}]}"#,
        #"{"parts":[{"kind":"exact"}],"gate_score":"0"}"#, "[]", "",
    ])
    func aMalformedCompositionIsUnknown(_ payload: String) {
        #expect(judge("composite", payload, "a") == .unknown(.malformedTask))
    }

    @Test func tooManyPartsAreMalformed() {
        let parts = Array(repeating: #"{"kind":"format"}"#, count: 17).joined(separator: ",")
        #expect(judge("composite", "{\"parts\":[\(parts)]}", "a") == .unknown(.malformedTask))
    }
}
